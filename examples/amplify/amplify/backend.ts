import { defineBackend } from '@aws-amplify/backend';
import { Api } from './api.ts';

// Data, auth and storage go in here as ever.
const backend = defineBackend({});

const api = new Api(backend.createStack('api'), 'Api');

// The frontend finds it in amplify_outputs.json.
backend.addOutput({ custom: { apiUrl: api.url } });
