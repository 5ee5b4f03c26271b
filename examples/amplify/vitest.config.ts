import { defineConfig } from 'vitest/config';

// The first test loads the whole of CDK.
export default defineConfig({ test: { include: ['test/**/*.test.ts'], testTimeout: 60_000 } });
