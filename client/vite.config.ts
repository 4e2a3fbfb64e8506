import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** Where a running host is while the editor is developed: `GENDR_URL=http://127.0.0.1:8190 npx vite client`. */
const host = process.env.GENDR_URL ?? 'http://127.0.0.1:8188'
const routes = ['/prompt', '/queue', '/history', '/interrupt', '/upload', '/view', '/object_info', '/workflows']

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  build: {
    outDir: '../dist/client',
    emptyOutDir: true,
    target: 'es2022',
    // litegraph holds an eval and a new Function that we never reach; the page's CSP would stop both.
    rolldownOptions: {
      checks: { eval: false },
      // Of its own, as it never changes with us.
      output: { codeSplitting: { groups: [{ name: 'litegraph', test: /node_modules[\\/]litegraph/ }] } },
      input: ['index.html', 'api.html'].map((page) => fileURLToPath(new URL(page, import.meta.url))),
    },
  },
  server: { proxy: { ...Object.fromEntries(routes.map((route) => [route, host])), '/ws': { target: host, ws: true } } },
})
