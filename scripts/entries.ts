/** Bundle folder under dist/ by its entry point in src/. */
export const entries: Readonly<Record<string, string>> = {
  check: 'check/main',
  build: 'build/main',
  'build-post': 'build/post',
  deploy: 'deploy/main',
  'deploy-post': 'deploy/post',
  report: 'report/main',
  'post-report': 'report/foreign/main',
};
