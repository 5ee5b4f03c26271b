import type { App } from './app.ts';
import { fastapiApp } from './fastapi/app.ts';
import { nodeApp } from './node/app.ts';

/** The apps that can be pushed. */
export const APPS = { node: nodeApp, fastapi: fastapiApp } as const satisfies Record<string, App>;

export type AppName = keyof typeof APPS;
