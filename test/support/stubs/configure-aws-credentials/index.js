import { appendFileSync } from 'node:fs';

const region = process.env['INPUT_AWS-REGION'] ?? '';
const secrets = { AWS_SECRET_ACCESS_KEY: 'made-up-secret-key', AWS_SESSION_TOKEN: 'made-up-session-token' };
for (const value of Object.values(secrets)) process.stdout.write(`::add-mask::${value}\n`);
const variables = {
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_ACCESS_KEY_ID: 'ASIATESTSTESTSTESTS0',
  ...secrets,
};
for (const [name, value] of Object.entries(variables))
  appendFileSync(process.env.GITHUB_ENV ?? '', `${name}=${value}\n`);
process.stdout.write(`Credentials of ${process.env['INPUT_ROLE-TO-ASSUME'] || 'a user'}\n`);
