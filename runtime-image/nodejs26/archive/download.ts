import type { ArchiveLimits } from './fetch-archive.ts';
import { UnpackError } from './unpacker.ts';

type DownloadLimits = Pick<ArchiveLimits, 'maxBytes' | 'maxRedirects' | 'timeoutMs'>;

/** The bytes behind a URL. Ends with an error on any status but 200, too many bytes or too much time. */
export async function* download(url: string, limits: DownloadLimits): AsyncGenerator<Uint8Array> {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  try {
    yield* boundedBody(await follow(url, limits.maxRedirects, signal), limits.maxBytes);
  } catch (error) {
    if (signal.aborted) throw new UnpackError(`did not arrive within ${limits.timeoutMs / 1000} s`);
    throw error;
  }
}

async function follow(url: string, maxRedirects: number, signal: AbortSignal): Promise<Response> {
  let target = new URL(url);
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await fetch(target, { redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || !location) return requireOk(response);
    await response.body?.cancel();
    target = new URL(location, target);
    if (target.protocol !== 'https:' && target.protocol !== 'http:') {
      throw new UnpackError(`redirects to ${target.protocol}, which is not http or https`);
    }
  }
  throw new UnpackError(`redirects more than ${maxRedirects} times`);
}

async function requireOk(response: Response): Promise<Response> {
  if (response.status === 200) return response;
  await response.body?.cancel();
  throw new UnpackError(`the server answers ${response.status}`);
}

async function* boundedBody(response: Response, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new UnpackError(`is larger than ${maxBytes} bytes`);
    yield chunk;
  }
}
