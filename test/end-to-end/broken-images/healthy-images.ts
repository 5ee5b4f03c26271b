import { type BrokenImage, healthy, server } from './image.ts';

/** Node apps without a fault. */
export const healthyImages: readonly BrokenImage[] = [
  { name: 'healthy', cause: '', app: healthy },
  { name: 'healthy-streaming', cause: '', app: healthy, env: { AWS_LWA_INVOKE_MODE: 'response_stream' } },
  {
    name: 'healthy-noisy',
    cause: '',
    app: server(
      '8080',
      "console.error('Error: EROFS: read-only file system, open /app/x (using memory)'); response.end('ok')",
      "console.warn('DATABASE_URL is not set, using the default'); console.log('metrics listening on port 9464');",
    ),
  },
  { name: 'healthy-url', cause: '', app: healthy, url: 'BUFFERED' },
  {
    name: 'healthy-streaming-url',
    cause: '',
    app: healthy,
    env: { AWS_LWA_INVOKE_MODE: 'response_stream' },
    url: 'RESPONSE_STREAM',
  },
];
