/** Real kubectl and helm for tests. */
export { helmPath, kubectlPath } from '#local/up/kubectl-binary.ts';
