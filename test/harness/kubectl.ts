export { createKubectl, type Kubectl } from '#local/up/kubectl-command.ts';
