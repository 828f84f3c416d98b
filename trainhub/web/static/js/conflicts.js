/* The queue of contradicting sources: keys 1 to 9 take a side of the marked person, the arrows move. Works without this file. */
(function () {
  'use strict';
  var sections = [].slice.call(document.querySelectorAll('.conflict'));
  if (!sections.length) return;
  var current = 0;
  function mark(index, focus) {
    current = Math.max(0, Math.min(sections.length - 1, index));
    if (focus) sections[current].focus();
  }
  document.addEventListener('focusin', function (event) {
    var found = event.target.closest ? event.target.closest('.conflict') : null;
    if (found) current = sections.indexOf(found);
  });
  document.addEventListener('keydown', function (event) {
    var tag = event.target.tagName;
    if (event.ctrlKey || event.metaKey || event.altKey || tag === 'INPUT' || tag === 'SELECT' || tag === 'TEXTAREA' || document.querySelector('dialog[open]')) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      mark(current + (event.key === 'ArrowDown' ? 1 : -1), true);
    } else if (/^[1-9]$/.test(event.key)) {
      var sides = sections[current].querySelectorAll('[data-side]');
      var button = sides[Number(event.key) - 1];
      if (button) button.click();
    }
  });
  mark(0, true);
}());
