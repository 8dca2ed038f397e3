/** The command line of the embedded cluster. */
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { parseArgs } from 'node:util';
import type { LocalImages } from './kubelet/images.ts';

export interface ClusterOptions {
  /** Where the kubeconfig is written. */
  kubeconfig: string;
  /** 0 takes a free one. */
  port: number;
  /** Keeps the cluster's state; without it, nothing outlives the process. */
  dataDir: string | undefined;
  images: LocalImages;
}

export const USAGE = 'usage: local/main.ts --kubeconfig FILE [--port N] [--data DIR] [--images FILE]';

/** @throws Error that names the option and what is wrong with it */
export function parseClusterOptions(args: readonly string[]): ClusterOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kubeconfig: { type: 'string' },
      port: { type: 'string', default: '0' },
      data: { type: 'string' },
      images: { type: 'string' },
    },
  });
  if (!values.kubeconfig) throw new Error(`--kubeconfig is missing; ${USAGE}`);
  return {
    kubeconfig: values.kubeconfig,
    port: parsePort(values.port),
    dataDir: values.data,
    images: values.images === undefined ? {} : readImages(values.images),
  };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new Error(`--port ${text}: must be a number from 0 to 65535`);
}

/** @throws Error when the file is not `{"IMAGE": {"command": ["/abs/argv0", …]}}` */
function readImages(file: string): LocalImages {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`--images ${file}: ${(error as Error).message}`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Error(`--images ${file}: must hold an object of images by name`);
  }
  for (const [name, image] of Object.entries(parsed)) checkImage(file, name, image);
  return parsed as LocalImages;
}

function checkImage(file: string, name: string, image: unknown): void {
  const { command } = (image ?? {}) as { command?: unknown };
  const words = Array.isArray(command) && command.every((word) => typeof word === 'string') ? command : [];
  if (words[0] === undefined || !isAbsolute(words[0])) {
    throw new Error(
      `--images ${file}: image ${JSON.stringify(name)} needs a "command": a list of texts, the first an absolute path`,
    );
  }
}
