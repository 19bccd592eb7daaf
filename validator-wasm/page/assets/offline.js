// Keeps the page's own files, so that it works without a network. A new version takes over when no page uses the old
// one any more, so that files of two versions never meet.

const VERSION = "@VERSION@";
const FILES = ["@FILES@"];
const PREFIX = "phytoval-";

addEventListener("install", (event) => {
  event.waitUntil(caches.open(PREFIX + VERSION).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))));
});

addEventListener("activate", (event) => {
  const old = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== PREFIX + VERSION).map((name) => caches.delete(name)));
  };
  event.waitUntil(old());
});

addEventListener("fetch", (event) => {
  const kept = async () => {
    const cache = await caches.open(PREFIX + VERSION);
    return (await cache.match(event.request, { ignoreSearch: true })) ?? fetch(event.request);
  };
  event.respondWith(kept());
});
