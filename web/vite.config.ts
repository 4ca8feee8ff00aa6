import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// `npm run dev` shows the page as it is written and asks a server that runs beside it, such as `quintile serve -C store`.
const server = process.env["QUINTILE_SERVER"] ?? "http://127.0.0.1:7070";

export default defineConfig({
  plugins: [svelte()],
  build: { target: "es2022", cssTarget: "chrome123", manifest: "manifest.json", assetsInlineLimit: 0 },
  server: { proxy: { "/api": { target: server, changeOrigin: true } } },
});
