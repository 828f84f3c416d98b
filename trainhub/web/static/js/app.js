/* TrainHub, everywhere. Every page works without this file; the attributes it acts on are listed in templates/web/README.md. */
(function () {
  'use strict';
  var doc = document, body = doc.body, root = doc.documentElement;
  var word = function (name) { return body.getAttribute('data-' + name + '-word') || ''; };
  var all = function (selector, within) { return [].slice.call((within || doc).querySelectorAll(selector)); };
  var token = function () { var meta = doc.querySelector('meta[name=csrf-token]'); return meta ? meta.content : ''; };
  function on(type, selector, handler) {
    doc.addEventListener(type, function (event) {
      var found = event.target.closest ? event.target.closest(selector) : null;
      if (found) handler(event, found);
    });
  }
  function make(tag, attributes, text) {
    var element = doc.createElement(tag);
    Object.keys(attributes || {}).forEach(function (key) { element.setAttribute(key, attributes[key]); });
    if (text) element.textContent = text;
    return element;
  }

  /* what only scripts can do is hidden until now */
  all('[data-reveal], .toast-x, [data-back], [data-copy]').forEach(function (button) { button.hidden = false; });

  /* toasts: one polite live region; those the server printed are put in again so that they are read out */
  var shelf = doc.querySelector('.toasts');
  function toast(text, options) {
    if (!shelf) return null;
    var box = make('div', { 'class': 'toast toast-' + ((options && options.kind) || 'ok') });
    box.appendChild(make('span', {}, text));
    if (options && options.undo) {
      var undo = make('button', { type: 'button' }, options.undoWord || word('undo'));
      undo.addEventListener('click', function () { box.remove(); options.undo(); });
      box.appendChild(undo);
    }
    var close = make('button', { type: 'button', 'class': 'toast-x', 'data-close': '', 'aria-label': word('close') }, '×');
    box.appendChild(close);
    shelf.appendChild(box);
    return box;
  }
  function announce(text) {
    var region = doc.getElementById('announcer') || body.appendChild(make('div', { id: 'announcer', 'class': 'sr', role: 'status', 'aria-live': 'polite' }));
    region.textContent = '';
    setTimeout(function () { region.textContent = text; }, 60);
  }
  if (shelf && shelf.children.length) {
    var printed = [].slice.call(shelf.children);
    printed.forEach(function (box) { box.remove(); });
    setTimeout(function () { printed.forEach(function (box) { shelf.appendChild(box); }); }, 120);
  }

  function post(url, value) {
    return fetch(url, { method: 'POST', credentials: 'same-origin', body: JSON.stringify(value || {}),
      headers: { 'Content-Type': 'application/json', 'Accept': 'application/json', 'X-CSRFToken': token() } });
  }
  window.TrainHub = { toast: toast, announce: announce, post: post, csrfToken: token };

  /* theme, without reload */
  on('click', '[data-theme-set]', function (event, button) {
    var form = button.closest('form');
    if (!form || !window.fetch) return;
    event.preventDefault();
    var value = button.getAttribute('data-theme-set'), data = new FormData(form);
    data.append('theme', value);
    root.setAttribute('data-theme', value);
    all('[data-theme-set]').forEach(function (each) { each.setAttribute('aria-pressed', String(each.getAttribute('data-theme-set') === value)); });
    fetch(form.action, { method: 'POST', credentials: 'same-origin', body: data, redirect: 'manual' })
      .catch(function () { toast(word('failed'), { kind: 'error' }); });
  });

  /* the account menu closes like a menu */
  doc.addEventListener('click', function (event) { all('details.menu[open]').forEach(function (menu) { if (!menu.contains(event.target)) menu.open = false; }); });
  doc.addEventListener('keydown', function (event) {
    if (event.key !== 'Escape') return;
    all('details.menu[open]').forEach(function (menu) { menu.open = false; menu.querySelector('summary').focus(); });
  });

  /* dialogs: the browser keeps the focus inside; it returns to the opener here */
  var opener = null;
  function open(dialog, from) {
    if (!dialog || !dialog.showModal) return false;
    opener = from;
    dialog.showModal();
    return true;
  }
  on('click', '[data-dialog]', function (event, button) {
    if (open(doc.getElementById(button.getAttribute('data-dialog')), button)) event.preventDefault();
  });
  on('click', '[data-close]', function (event, button) {
    var dialog = button.closest('dialog'), box = button.closest('.toast');
    if (dialog && dialog.open) { event.preventDefault(); dialog.close(); } else if (box) { event.preventDefault(); box.remove(); }
  });
  doc.addEventListener('close', function () { if (opener && doc.contains(opener)) opener.focus(); opener = null; }, true);

  function ask(question, goWord, danger, go) {
    var dialog = make('dialog', { 'class': 'dlg', 'aria-label': question }), acts = make('div', { 'class': 'dlg-acts' });
    var back = make('button', { type: 'button', 'class': 'btn', 'data-close': '' }, word('back'));
    var yes = make('button', { type: 'button', 'class': 'btn ' + (danger ? 'dng' : 'pri') }, goWord || word('go'));
    dialog.appendChild(make('p', {}, question));
    acts.appendChild(back); acts.appendChild(yes); dialog.appendChild(acts); body.appendChild(dialog);
    dialog.addEventListener('close', function () { setTimeout(function () { dialog.remove(); }, 0); });
    yes.addEventListener('click', function () { dialog.close(); go(); });
    return dialog;
  }

  /* sending a form: ask first where asked for, then lock the buttons so that nothing is sent twice */
  on('submit', 'form', function (event, form) {
    if (event.defaultPrevented) return;
    var button = event.submitter || form.querySelector('button:not([type=button])');
    var question = (button && button.getAttribute('data-confirm')) || form.getAttribute('data-confirm');
    if (question && !form.asked && window.HTMLDialogElement) {
      event.preventDefault();
      open(ask(question, button && button.textContent.trim(), button && button.classList.contains('dng'), function () {
        form.asked = true;
        if (form.requestSubmit && button) form.requestSubmit(button); else form.submit();
      }), button);
      return;
    }
    form.asked = false;
    form.sent = true;
    if ((form.getAttribute('method') || 'get').toLowerCase() !== 'post') return;
    setTimeout(function () {  /* after the browser has read the pressed button's name and value */
      all('button:not([type=button])', form).forEach(function (each) { each.disabled = true; });
      if (!button || !button.classList.contains('btn')) return;
      button.setAttribute('aria-busy', 'true');
      button.dataset.words = button.textContent;
      if (!button.classList.contains('ico')) button.textContent = button.getAttribute('data-busy') || word('busy');
    }, 0);
  });
  window.addEventListener('pageshow', function (event) { if (event.persisted) location.reload(); });

  /* unsaved changes */
  all('form[data-unsaved]').forEach(function (form) { form.addEventListener('input', function () { form.changed = true; }); });
  window.addEventListener('beforeunload', function (event) {
    if (all('form[data-unsaved]').some(function (form) { return form.changed && !form.sent; })) { event.preventDefault(); event.returnValue = ''; }
  });

  /* drafts live in this tab only; passwords, files and tokens are never part of them */
  function fields(form) {
    return [].slice.call(form.elements).filter(function (each) {
      return each.name && each.name !== 'csrf_token' && ['password', 'file', 'hidden', 'submit', 'button'].indexOf(each.type) < 0;
    });
  }
  function snapshot(form) { return fields(form).map(function (each) { return [each.name, each.type === 'checkbox' || each.type === 'radio' ? each.value + '=' + each.checked : each.value]; }); }
  function putBack(form, values) {
    fields(form).forEach(function (each, index) {
      var pair = values[index];
      if (!pair || pair[0] !== each.name) return;
      if (each.type === 'checkbox' || each.type === 'radio') each.checked = pair[1] === each.value + '=true'; else each.value = pair[1];
    });
  }
  all('form[data-draft]').forEach(function (form) {
    var key = 'draft:' + form.getAttribute('data-draft') + ':' + location.pathname, timer = null, kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(key) || 'null'); } catch (error) { kept = null; }
    if (kept && !form.querySelector('[aria-invalid=true]') && JSON.stringify(kept.values) !== JSON.stringify(snapshot(form))) {
      var before = snapshot(form), note = make('div', { 'class': 'note note-info', role: 'status' }), words = make('div', {}, word('draft').replace('{time}', kept.at) + ' ');
      var drop = make('button', { type: 'button', 'class': 'btn sm' }, word('drop'));
      putBack(form, kept.values);
      drop.addEventListener('click', function () { sessionStorage.removeItem(key); putBack(form, before); note.remove(); });
      words.appendChild(drop); note.appendChild(words); form.insertBefore(note, form.firstChild);
    }
    var save = function () {
      try { sessionStorage.setItem(key, JSON.stringify({ at: new Date().toTimeString().slice(0, 5), values: snapshot(form) })); } catch (error) { /* storage full or forbidden: the form itself still works */ }
    };
    form.addEventListener('input', function () { clearTimeout(timer); timer = setTimeout(save, 800); });
    form.addEventListener('focusout', function () { if (timer) { clearTimeout(timer); timer = null; save(); } });
    form.addEventListener('submit', function (event) { if (!event.defaultPrevented) { clearTimeout(timer); sessionStorage.removeItem(key); } });
  });

  /* lists */
  all('[data-autosubmit]').forEach(function (form) {
    all('button[data-auto]', form).forEach(function (button) { button.hidden = true; });
    form.addEventListener('change', function (event) { if (event.target.tagName === 'SELECT' || event.target.type === 'date') { if (form.requestSubmit) form.requestSubmit(); else form.submit(); } });
  });
  all('input[data-filter]').forEach(function (input) {
    var target = doc.getElementById(input.getAttribute('data-filter'));
    if (!target) return;
    var rows = function () { return all('[data-find], tbody > tr:not(.grp)', target); };
    var shown = function () { return rows().filter(function (row) { return !row.hidden; }); };
    var narrow = function () {
      var sought = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      rows().forEach(function (row) {
        var text = (row.getAttribute('data-find') || row.textContent).toLowerCase();
        row.hidden = !sought.every(function (part) { return text.indexOf(part) >= 0; });
      });
      target.dispatchEvent(new CustomEvent('filtered', { bubbles: true, detail: { count: shown().length } }));
    };
    input.addEventListener('input', narrow);
    input.addEventListener('keydown', function (event) {
      if (event.key === 'Escape') { input.value = ''; narrow(); event.preventDefault(); return; }
      if (event.key !== 'Enter' || input.hasAttribute('data-submit')) return;
      event.preventDefault();
      var first = shown()[0], link = first && first.querySelector('a, button, input');
      if (first && first.hasAttribute('tabindex')) { input.value = ''; narrow(); first.focus(); first.scrollIntoView({ block: 'nearest' }); } else if (link) link.focus();
    });
    if (input.value) narrow();
  });
  doc.addEventListener('keydown', function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable) return;
    var inputs = all('input[data-key]').filter(function (each) { return each.getAttribute('data-key') === event.key && each.offsetParent; });
    var input = inputs.filter(function (each) { return each.closest('main'); })[0] || inputs[0];
    if (input) { input.focus(); event.preventDefault(); }
  });
  function count(name) {
    var boxes = all('input[name="' + name + '"]'), ticked = boxes.filter(function (each) { return each.checked; }).length;
    all('[data-count-of="' + name + '"]').forEach(function (each) { each.textContent = String(ticked); });
    all('.bulk[data-bulk="' + name + '"]').forEach(function (each) { each.hidden = !ticked; });
    boxes.forEach(function (each) { var row = each.closest('tr'); if (row) row.classList.toggle('sel', each.checked); });
    all('[data-check-all="' + name + '"]').forEach(function (each) { each.checked = ticked > 0 && ticked === boxes.length; each.indeterminate = ticked > 0 && ticked < boxes.length; });
  }
  all('[data-check-all]').forEach(function (each) { count(each.getAttribute('data-check-all')); });
  on('change', 'input[type=checkbox]', function (event, box) {
    var name = box.getAttribute('data-check-all');
    if (name) all('input[name="' + name + '"]').forEach(function (each) { var row = each.closest('tr'); if (!row || !row.hidden) each.checked = box.checked; });
    if (name || box.name) count(name || box.name);
  });

  /* what record.js keeps on the device: whoever comes to sign in may be somebody else, so the key goes; signing out wipes all of it */
  function device(use) {
    if (!window.indexedDB) return;
    var request = indexedDB.open('trainhub-meetings');
    request.onupgradeneeded = function () { request.transaction.abort(); };  /* nothing was ever kept here */
    request.onsuccess = function () { use(request.result); };
  }
  if (body.classList.contains('login')) device(function (kept) {
    var keys = kept.transaction('keys', 'readwrite').objectStore('keys');
    keys.delete('key'); keys.delete('who');
    keys.transaction.oncomplete = function () { kept.close(); };
  });
  all('form[data-wipe]').forEach(function (form) {
    var send = function () { form.wiped = true; form.submit(); };
    var wipe = function () { var gone = indexedDB.deleteDatabase('trainhub-meetings'); gone.onsuccess = gone.onerror = send; gone.onblocked = send; };
    form.addEventListener('submit', function (event) {
      if (form.wiped || !window.indexedDB) return;
      event.preventDefault(); event.stopPropagation();
      var request = indexedDB.open('trainhub-meetings');
      request.onupgradeneeded = function () { request.transaction.abort(); };
      request.onerror = send;
      request.onsuccess = function () {
        var count = request.result.transaction('queue').objectStore('queue').count();
        count.onsuccess = function () {
          request.result.close();
          if (count.result) open(ask(form.getAttribute('data-wipe').replace('{n}', count.result), '', true, wipe), event.submitter); else wipe();
        };
      };
    });
  });

  /* pages with data of cases: Esc twice, the button, or a rest covers the screen; what was typed stays in the page */
  if (body.classList.contains('protected') && window.HTMLDialogElement) (function () {
    var cover = null, last = 0, timer = null, title = doc.title, rest = Number(body.getAttribute('data-cover-after')) * 60000;
    function hide() {
      if (cover) return;
      var back = make('button', { type: 'button', 'class': 'btn' }, word('uncover'));
      cover = make('dialog', { 'class': 'cover', 'aria-label': word('cover') });
      cover.appendChild(make('p', {}, word('cover')));
      cover.appendChild(back);
      body.appendChild(cover);
      body.classList.add('covered');
      doc.title = 'TrainHub';
      back.addEventListener('click', function () { var shown = cover; cover = null; doc.title = title; body.classList.remove('covered'); shown.close(); shown.remove(); wait(); });
      cover.addEventListener('cancel', function (event) { event.preventDefault(); });
      cover.addEventListener('close', function () { if (cover) cover.showModal(); });  /* only the button uncovers */
      cover.showModal();
    }
    function wait() { clearTimeout(timer); if (rest) timer = setTimeout(hide, rest); }
    all('[data-cover]').forEach(function (button) { button.hidden = false; });
    on('click', '[data-cover]', hide);
    doc.addEventListener('keydown', function (event) {
      wait();
      if (event.key !== 'Escape' || event.repeat) { last = 0; return; }
      if (event.timeStamp - last < 700 && last) { last = 0; event.preventDefault(); hide(); } else last = event.timeStamp;
    }, true);
    doc.addEventListener('pointerdown', wait, true);
    wait();
  })();

  /* small things */
  on('click', '[data-reveal]', function (event, button) {
    var input = doc.getElementById(button.getAttribute('data-reveal')), show = input.type === 'password';
    input.type = show ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(show));
  });
  all('[data-caps]').forEach(function (hint) {
    var input = doc.getElementById(hint.getAttribute('data-caps'));
    if (input) input.addEventListener('keyup', function (event) { hint.hidden = !(event.getModifierState && event.getModifierState('CapsLock')); });
  });
  on('click', '[data-print]', function () { window.print(); });
  on('click', '[data-back]', function () { history.back(); });
  on('click', '[data-copy]', function (event, button) {
    if (navigator.clipboard) navigator.clipboard.writeText(button.getAttribute('data-copy')).then(function () { toast(word('copied')); });
  });
  var problems = doc.getElementById('form-errors');
  if (problems) problems.focus();
})();
