import { LoadError } from '../load/load-error.ts';
import { placeInStack } from '../load/locate.ts';
import type { FunctionRoot } from '../load/root.ts';

/**
 * Runs `load` and notices code that ends the process, or lets it end, before it has loaded.
 *
 * @param lastWord called when the code calls process.exit: after it nothing but the end can come, so it must end the
 * process itself, and synchronously
 * @throws LoadError for what would otherwise end the process, and whatever `load` throws. From then on the process has
 * only to end, and the code can no longer choose how.
 */
export async function guardLoading<T>(
  root: FunctionRoot,
  load: () => Promise<T>,
  lastWord: (error: LoadError) => void,
): Promise<T> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  // Emitted only when the event loop runs empty, never by process.exit.
  const onEmpty = () => reject(new LoadError('never finishes loading: a top-level await waits for nothing'));
  const onExit = (code: number) => lastWord(new LoadError(`called process.exit(${code}) while loading`));
  const onUncaught = (error: unknown) => {
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    const text = `uncaught while loading: ${name}: ${root.strip(message)}`;
    reject(new LoadError(text, placeInStack(stack, root), error));
  };
  process.on('beforeExit', onEmpty).on('exit', onExit).on('uncaughtException', onUncaught);
  const loaded = await Promise.race([load(), failed]);
  process.off('beforeExit', onEmpty).off('exit', onExit).off('uncaughtException', onUncaught);
  return loaded;
}
