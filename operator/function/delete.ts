import { isConflict, isNotFound } from '#kube/errors.ts';

/** Gone, or another object by now: both mean that nothing is left to delete. */
export async function deleteUnlessGone(deletion: Promise<void>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
