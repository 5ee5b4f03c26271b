/** `npm run docs`: what is written from action.yml and from the doctor's rules. With `--check` it is only compared (exit code 1 where it differs). */
await import('./action-tables.ts');
await import('./workflow-inputs.ts');
// A test compares that one.
if (!process.argv.includes('--check')) await import('./rules-table.ts');
