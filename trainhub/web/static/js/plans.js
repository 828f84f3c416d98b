/* The sum of the modules beside the total of a draft, as it is typed. Without this script the server says the same on saving. */
(() => {
  'use strict';
  const shown = document.querySelector('[data-sum-of="minutes"]');
  const total = document.querySelector('[data-total="minutes"]');
  const of = document.querySelector('[data-sum-total="minutes"]');
  if (!shown || !total || !of) return;
  const number = (text) => (/^\d{1,5}$/.test(text.trim()) ? Number(text) : 0);
  const add = () => {
    const fields = document.querySelectorAll('[data-sum="minutes"]');
    const sum = [...fields].reduce((all, field) => all + number(field.value), 0);
    shown.textContent = String(sum);
    of.textContent = String(number(total.value));
    shown.classList.toggle('t-gap', sum !== number(total.value));
  };
  document.addEventListener('input', add);
  add();
})();
