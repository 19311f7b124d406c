const CACHE = "fenming-{% static 'fenming/mobile.css' %}-{% static 'fenming/app.js' %}-{% static 'fenming/icons.svg' %}";
const SHELL = ["{% static 'fenming/mobile.css' %}", "{% static 'fenming/app.js' %}", "{% static 'fenming/icons.svg' %}"];
self.addEventListener("install", (event) => event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL))));
self.addEventListener("activate", (event) => event.waitUntil(caches.keys().then((keys) => Promise.all(keys.filter((key) => key !== CACHE).map((key) => caches.delete(key))))));
self.addEventListener("fetch", (event) => {
  if (SHELL.includes(new URL(event.request.url).pathname)) event.respondWith(caches.match(event.request).then((hit) => hit || fetch(event.request)));
});
