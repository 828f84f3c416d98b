/* The projector keeps its code new, the phone waits for the opening. Both pages work without this file, less smoothly. */
(function () {
  'use strict';
  var doc = document, room = doc.querySelector('[data-projector]'), waiting = doc.querySelector('form[data-wait]');

  if (waiting) {
    var opens = Date.now() + 1000 * Number(waiting.getAttribute('data-wait')), words = waiting.querySelector('[data-left-words]');
    words.hidden = false;
    var tick = function () {
      var left = Math.ceil((opens - Date.now()) / 1000);
      if (left <= 0) { clearInterval(timer); waiting.querySelector('button').disabled = true; waiting.submit(); return; }
      words.textContent = words.getAttribute('data-left-words').replace('{n}', left);
    };
    var timer = setInterval(tick, 1000);
    tick();
  }

  if (!room) return;
  var LOOK_EVERY = 4000, changeAt = 0, period = 0, asked = 0, busy = false;
  var lost = room.querySelector('.prj-lost');
  function live() { return room.querySelector('[data-live]'); }
  function read() {
    period = Number(live().getAttribute('data-period'));
    changeAt = period ? Date.now() + 1000 * Number(live().getAttribute('data-left')) : 0;
    asked = Date.now();
  }
  function show() {
    var bar = room.querySelector('[data-bar]'), count = room.querySelector('[data-count]');
    if (!bar || !count) return;
    var left = Math.max(0, (changeAt - Date.now()) / 1000);
    bar.setAttribute('width', Math.min(left, period));
    count.textContent = live().getAttribute('data-words').replace('{n}', Math.ceil(left));
  }
  function look() {
    if (busy) return;
    busy = true;
    fetch(room.getAttribute('data-projector'), { headers: { 'X-Fragment': '1' }, credentials: 'same-origin', cache: 'no-store' })
      .then(function (answer) { if (!answer.ok || answer.redirected) throw new Error(String(answer.status)); return answer.text(); })
      .then(function (text) {
        var fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('[data-live]');
        if (!fresh) throw new Error('no fragment');
        ['data-left', 'data-period', 'data-words'].forEach(function (name) { live().setAttribute(name, fresh.getAttribute(name)); });
        /* the parts are put in one by one, so that the region that is read out stays the same */
        [].slice.call(fresh.querySelectorAll('[data-part]')).forEach(function (part) {
          var held = room.querySelector('[data-part="' + part.getAttribute('data-part') + '"]');
          if (held && held.innerHTML !== part.innerHTML) held.replaceChildren.apply(held, [].slice.call(part.childNodes));
        });
        lost.hidden = true;
        read();
        show();
      })
      .catch(function () {
        asked = Date.now();
        if (Date.now() > changeAt) { lost.textContent = room.getAttribute('data-lost'); lost.hidden = false; }
      })
      .then(function () { busy = false; });
  }
  setInterval(function () {
    show();
    if (Date.now() - asked > LOOK_EVERY || (changeAt && Date.now() >= changeAt && Date.now() - asked > 900)) look();
  }, 250);
  doc.addEventListener('visibilitychange', function () { if (!doc.hidden) look(); });

  var full = room.querySelector('[data-full]');
  if (full && doc.documentElement.requestFullscreen) {
    full.hidden = false;
    full.addEventListener('click', function () { if (doc.fullscreenElement) doc.exitFullscreen(); else doc.documentElement.requestFullscreen(); });
    doc.addEventListener('fullscreenchange', function () { full.hidden = !!doc.fullscreenElement; });
  }
  doc.addEventListener('keydown', function (event) {
    if (event.key === 'Escape' && !doc.fullscreenElement) location.href = room.getAttribute('data-back');
  });
  read();
})();
