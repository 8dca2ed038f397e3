/**
 * Ends the parts when this process dies without a chance to do it (kill -9): a shell waits for the end of a
 * pipe that only this process holds.
 */
import { spawn } from 'node:child_process';

const SCRIPT = `
read _
for file in "$1"/*.pid; do
  if [ -f "$file" ]; then kill -9 "$(cat "$file")"; fi
done
if [ "$2" = temporary ]; then rm -rf "$1"; fi
`;

/** Watches over the processes whose ids are in NAME.pid files of the directory. @returns dismisses the guard */
export function startGuard({ path, temporary }: { path: string; temporary: boolean }): () => void {
  const args = ['-c', SCRIPT, 'catnap-guard', path, temporary ? 'temporary' : 'kept'];
  const guard = spawn('/bin/sh', args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // Without it there is one safety net less, and nothing else to do about it.
  guard.on('error', () => {});
  guard.unref();
  return () => void guard.kill('SIGKILL');
}
