import { expect, test } from 'vitest';
import { layerInstructions } from '../../src/docker/image-history.ts';

const one = (created_by: string) => layerInstructions([{ created_by }], 1)[0];

test('each layer has the instruction that made it; entries without a layer are passed over', () => {
  const history = [
    { created_by: '/bin/sh -c #(nop) ADD file:ab12 in / ' },
    { created_by: 'ENV NODE_ENV=production', empty_layer: true },
    { created_by: 'RUN /bin/sh -c npm ci --omit=dev # buildkit' },
    { created_by: 'COPY /app/dist ./dist # buildkit' },
    { created_by: 'CMD ["node" "dist/main.js"]', empty_layer: true },
  ];
  expect(layerInstructions(history, 3)).toEqual([
    'ADD file:ab12 in /',
    'RUN npm ci --omit=dev',
    'COPY /app/dist ./dist',
  ]);
});

test('values of build arguments are left out', () => {
  expect(one('RUN |2 TOKEN=se cret MODE=a /bin/sh -c npm ci # buildkit')).toBe('RUN npm ci');
  expect(one('|1 TOKEN=secret /bin/sh -c npm ci')).toBe('RUN npm ci');
  expect(one('RUN |1 TOKEN=secret npm ci # buildkit')).toBe('RUN');
});

test('another shell, and more than one line', () => {
  expect(one('RUN /bin/bash -eo pipefail -c set -x\n  make all # buildkit')).toBe('RUN set -x make all');
});

test('a history that does not fit the layers says nothing', () => {
  expect(layerInstructions([{ created_by: 'RUN a' }], 2)).toEqual(['', '']);
  expect(layerInstructions(undefined, 1)).toEqual(['']);
});
