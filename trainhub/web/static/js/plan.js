// The planning page follows what is typed: the check is asked for again and its part of the page replaced.
// Without this script the same check happens when the form is sent.
(() => {
  'use strict';
  const form = document.getElementById('plan');
  const box = document.getElementById('plan-check');
  if (!form || !box || !window.fetch || !window.DOMParser) return;
  let timer = 0;
  let asked = 0;

  const keepOpen = () => Array.from(box.querySelectorAll('details[open][id]'), (d) => d.id);

  const replace = (html, focus) => {
    const open = keepOpen();
    const fresh = new DOMParser().parseFromString(html, 'text/html');
    box.replaceChildren(...Array.from(fresh.body.childNodes, (n) => document.importNode(n, true)));
    open.forEach((id) => { const d = document.getElementById(id); if (d) d.open = true; });
    if (focus) {
      const again = box.querySelector(`[name="${focus.name}"][value="${focus.value}"]`);
      if (again) again.focus({ preventScroll: true });
    }
  };

  const check = async () => {
    const turn = ++asked;
    const active = document.activeElement;
    const focus = box.contains(active) && active.name ? { name: active.name, value: active.value } : null;
    try {
      const answer = await fetch(form.dataset.check, { method: 'POST', body: new FormData(form), headers: { 'X-Fragment': '1' }, credentials: 'same-origin' });
      if (turn !== asked || (!answer.ok && answer.status !== 422)) return;
      const html = await answer.text();
      if (turn === asked) replace(html, focus);
    } catch { /* offline: the check happens when the form is sent */ }
  };

  form.addEventListener('change', (event) => {
    if (['pack', 'audience', 'kind'].includes(event.target.name)) {
      // other pack or circle: other units, perhaps other fields; let the server lay the page out anew
      form.requestSubmit ? form.requestSubmit(form.querySelector('button[value=check]')) : check();
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(check, 250);
  });
})();
