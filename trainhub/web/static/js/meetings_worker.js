/* Pages of class meetings without a network. Kept: files named by content, and one page without data. Never kept: a page with data, an answer
   of the server, a photo. What the page without data shows comes from the device's own encrypted store (record.js). */
(function () {
  'use strict';
  var known = self.TRAINHUB;
  self.addEventListener('install', function (event) {
    event.waitUntil(caches.open(known.cache).then(function (cache) {
      /* without cookies, so that nobody's name is in it */
      return Promise.all(known.files.concat(known.shell).map(function (url) {
        return fetch(new Request(url, { credentials: 'omit', cache: url === known.shell ? 'no-store' : 'default' })).then(function (answer) {
          if (!answer.ok) throw new Error('not kept');
          return cache.put(url, answer);
        });
      }));
    }).then(function () { return self.skipWaiting(); }));
  });
  self.addEventListener('activate', function (event) {
    event.waitUntil(caches.keys().then(function (names) {
      return Promise.all(names.filter(function (name) { return name.indexOf('trainhub-') === 0 && name !== known.cache; }).map(function (name) { return caches.delete(name); }));
    }).then(function () { return self.clients.claim(); }));
  });
  self.addEventListener('fetch', function (event) {
    var request = event.request, url = new URL(request.url);
    if (request.method !== 'GET' || url.origin !== self.location.origin) return;
    if (request.mode === 'navigate') {
      if (url.pathname !== known.scope && url.pathname.indexOf(known.scope + '/') !== 0) return;
      event.respondWith(fetch(request).catch(function () { return caches.match(known.shell, { ignoreVary: true }); }));
    } else if (known.files.indexOf(url.pathname + url.search) >= 0) {
      event.respondWith(caches.match(request.url, { ignoreVary: true }).then(function (held) { return held || fetch(request); }));
    }
  });
})();
