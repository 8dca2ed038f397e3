import { LoadError } from '../load/load-error.ts';
import { placeInStack } from '../load/locate.ts';
import type { FunctionRoot } from '../load/root.ts';

/**
 * Notices code that ends the process, or lets it end, before it has loaded. Calls `onFailure` synchronously, which must
 * not throw. @returns a function to call once the code has loaded.
 */
export function guardLoading(root: FunctionRoot, onFailure: (error: LoadError) => void): () => void {
  // Emitted only when the event loop runs empty, never by process.exit.
  const onEmpty = () =>
    onFailure(new LoadError('never finishes loading: a top-level await waits for nothing'));
  const onExit = (code: number) => onFailure(new LoadError(`called process.exit(${code}) while loading`));
  const onUncaught = (error: unknown) => {
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    const text = `uncaught while loading: ${name}: ${root.strip(message)}`;
    onFailure(new LoadError(text, placeInStack(stack, root), error));
  };
  process.on('beforeExit', onEmpty).on('exit', onExit).on('uncaughtException', onUncaught);
  return () => {
    process.off('beforeExit', onEmpty).off('exit', onExit).off('uncaughtException', onUncaught);
  };
}
