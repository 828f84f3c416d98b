/* A name for sixty seconds: fetched once, gone afterwards. Without scripts the form shows a page that leaves by itself. */
(function () {
  'use strict';
  var form = document.querySelector('form[data-reveal-name]');
  if (!form || !window.fetch) { return; }
  var box = document.getElementById(form.dataset.revealName), timer = 0;
  function hide() { clearTimeout(timer); box.textContent = ''; form.hidden = false; Array.prototype.forEach.call(form.elements, function (one) { one.disabled = false; }); }
  form.addEventListener('submit', function (event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    fetch(form.action, { method: 'POST', body: new FormData(form), headers: { 'X-Fragment': '1' }, credentials: 'same-origin', cache: 'no-store' }).then(function (answer) {
      if (answer.status === 403) {
        return answer.json().then(function (told) { location.href = told.url || location.href; });
      }
      if (!answer.ok) { location.reload(); return null; }
      return answer.text().then(function (text) {
        var part = new DOMParser().parseFromString(text, 'text/html').querySelector('dl');
        if (!part) { location.reload(); return; }
        box.replaceChildren(document.importNode(part, true));
        form.hidden = true;
        timer = setTimeout(hide, Number(part.dataset.seconds) * 1000);
      });
    });
  }, true);
  window.addEventListener('pagehide', hide);
  document.addEventListener('visibilitychange', function () { if (document.hidden) { hide(); } });
}());
