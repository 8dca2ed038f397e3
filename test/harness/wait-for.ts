export { waitFor } from '#local/up/wait-for.ts';
