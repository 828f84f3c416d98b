/* The roll: keys, taps, immediate saves, other devices, no connection. Without this file the page is an ordinary form.
   The cell changes at once and the server is the truth: each operation carries the version that was seen, a refused
   one brings both values back. Operations that cannot be sent stay in IndexedDB and are sent in order. Keys act only
   while the focus is inside the roll. What only this file can do (filter, undo, hints, dialogs) and its sentences come
   before it in RollDesk, so that the page carries the roll alone. */
(function () {
  'use strict';
  var doc = document, book = doc.getElementById('book');
  if (!book || !book.dataset.account || !window.fetch || !window.TrainHub) return;
  var base = book.getAttribute('action'), sheet = base.split('/').pop(), words = window.RollDesk.words, $ = function (id) { return doc.getElementById(id); };
  var all = function (selector, within) { return [].slice.call((within || doc).querySelectorAll(selector)); };
  var say = function (key, values) { return Object.keys(values || {}).reduce(function (text, name) { return text.replace('{' + name + '}', values[name]); }, words[key]); };
  var rows = all('.person', book), byId = {}, search = doc.querySelector('[data-filter=book]'), filter = 'all';
  var queue = [], undone = [], sending = false, offline = false, since = book.dataset.now, db = null, closed = false, leaving = false;
  var KEYS = { 1: 'present', 2: 'late', 3: 'excused', 4: 'absent', 5: 'left_early' };

  /* ── what the script brings along, and what it must know of each row ── */
  (function () {
    var parts = doc.createElement('div'), put = function (id, place, where) { var part = parts.querySelector('#' + id); if (part) place.insertAdjacentElement(where, part); };
    parts.innerHTML = window.RollDesk.html;
    put('strip', doc.querySelector('.roll-hair'), 'afterend'); put('chips', doc.querySelector('.roll .tools .sp'), 'beforebegin');
    put('undo', $('last'), 'afterend');
    all('#hints > *', parts).forEach(function (hint) { $('saved').parentNode.insertBefore(hint, $('saved')); });
    all('dialog', parts).forEach(function (dialog) { $('main').appendChild(dialog); });
    $('d-late').max = book.dataset.minutes;
    all('.book-rest', book).forEach(function (link) {
      link.dataset.department = link.hasAttribute('data-blank') ? '' : link.parentNode.firstChild.textContent;
      $('rest-department').add(new Option(link.parentNode.firstChild.textContent, link.dataset.department));
    });
  })();
  var seen = book.elements.seen.value.split(' ').map(function (each) { return each.split('.'); }), finds = book.dataset.finds.split('\n');
  rows.forEach(function (row, place) {
    row.dataset.id = seen[place][0]; row.dataset.version = parseInt(seen[place][1], 10);
    row.dataset.no = row.querySelector('legend i').textContent; row.dataset.name = row.querySelector('legend a').textContent;
    row.dataset.find = row.dataset.name + ' ' + finds[place] + ' ' + row.dataset.no;
    row.tabIndex = -1;
    byId[row.dataset.id] = row;
  });
  /* a row is named by the end of its person's id; answers name the whole id */
  function rowOf(person) { return byId[person] || byId[person.slice(-8)]; }

  /* ── one row ── */
  function value(row) { var on = row.querySelector('.seg input:checked'); return on ? on.value : ''; }
  function fifth(row) {  /* leaving early is rare: its cell appears where it is used */
    var seg = row.querySelector('.seg');
    if (seg.querySelector('[value=left_early]')) return;
    var cell = seg.lastElementChild.cloneNode(true), input = cell.querySelector('input');
    input.value = 'left_early'; input.checked = false; input.setAttribute('aria-label', words.status.left_early);
    cell.querySelector('b').textContent = words.fifth;
    seg.appendChild(cell);
  }
  function put(row, chosen) {
    if (chosen === 'left_early') fifth(row);
    all('.seg input', row).forEach(function (input) { input.checked = input.value === chosen; });
    row.classList.toggle('has', !!chosen); row.classList.toggle('un', !chosen);
    row.dataset.shown = chosen;
  }
  function paint(row, from, fresh) {
    put(row, from.value);
    row.dataset.version = from.version; row.dataset.leave = from.leave; row.dataset.late = from.late; row.dataset.left = from.left; row.dataset.note = from.note;
    var source = row.querySelector('.src');
    source.textContent = from.source; source.title = from.title;
    row.querySelector('.seg').classList.remove('pending');
    row.classList.toggle('fresh', !!fresh);
  }
  function pending(id) { return queue.some(function (op) { return op.people.indexOf(id) >= 0; }); }

  /* ── figures ── */
  function figures() {
    var n = { present: 0, late: 0, left_early: 0, excused: 0, absent: 0, '': 0 };
    rows.forEach(function (row) { n[value(row)]++; });
    var late = n.late + n.left_early, marked = rows.length - n[''];
    [['marked', marked], ['present', n.present], ['late', late], ['excused', n.excused], ['absent', n.absent], ['unmarked', n['']]].forEach(function (pair) { var cell = $('n-' + pair[0]); if (cell) cell.textContent = pair[1]; });
    var x = 0, parts = { p: n.present, l: late, e: n.excused, a: n.absent };
    all('.tally-bar [data-kind]').forEach(function (bar) { bar.setAttribute('x', x); bar.setAttribute('width', parts[bar.dataset.kind]); x += parts[bar.dataset.kind]; });
    all('#chips [data-show]').forEach(function (chip) { chip.querySelector('b').textContent = { all: rows.length, unset: n[''], odd: late + n.excused + n.absent }[chip.dataset.show]; });
    all('.book-group', book).forEach(function (group) {
      var people = all('.person', group), left = people.filter(function (row) { return !value(row); }).length, head = group.previousElementSibling;
      head.querySelector('.d-marked').textContent = people.length - left;
      var rest = head.querySelector('.book-rest');
      if (!rest) return;
      rest.hidden = !left; rest.textContent = say('rest', { n: left });
    });
    var finish = $('finish');
    finish.textContent = words.finish + (n[''] ? ' (' + words.status[''] + ' ' + n[''] + ')' : '');
  }
  function matches(row) { return filter === 'all' || (filter === 'unset' ? !value(row) : ['', 'present'].indexOf(value(row)) < 0); }
  function narrow() { rows.forEach(function (row) { row.hidden = !matches(row); }); if (search && search.value) search.dispatchEvent(new Event('input')); }

  /* ── cursor ── */
  function current() { return book.querySelector('.person.cur') || rows[0]; }
  function go(row, quiet, still) {
    if (!row) return;
    all('.person.cur', book).forEach(function (other) { other.classList.remove('cur'); other.tabIndex = -1; all('input, a', other).forEach(function (each) { each.tabIndex = -1; }); });
    row.classList.add('cur'); row.tabIndex = 0; all('input, a', row).forEach(function (each) { each.tabIndex = 0; });
    if (!quiet) { row.focus({ preventScroll: true }); if (!still) row.scrollIntoView({ block: 'nearest' }); }
  }
  function next(from, step, unset) {
    for (var i = rows.indexOf(from) + step; i >= 0 && i < rows.length; i += step) if (!rows[i].hidden && (!unset || !value(rows[i]))) return rows[i];
    return unset && step > 0 ? rows.filter(function (row) { return !row.hidden && !value(row); })[0] : null;
  }
  function beside(row, right) {
    var people = all('.person', row.parentNode).filter(function (each) { return !each.hidden; });
    var columns = parseInt(getComputedStyle(row.parentNode).columnCount, 10) || 1, per = Math.ceil(people.length / columns);
    return people[people.indexOf(row) + (right ? per : -per)];
  }

  /* ── operations: kept, sent in order, answered ── */
  function newId() { var bytes = new Uint8Array(16); crypto.getRandomValues(bytes); return [].map.call(bytes, function (b) { return ('0' + b.toString(16)).slice(-2); }).join(''); }
  function store(mode, work) { if (db) try { work(db.transaction('ops', mode).objectStore('ops')); } catch (error) { db = null; } }
  function enqueue(op) {
    op.sheet = sheet; op.account = book.dataset.account; op.made = Date.now(); op.key = newId(); queue.push(op);
    store('readwrite', function (ops) { ops.put(op); });
    figures(); strip(); send();
  }
  function drop(op) { queue = queue.filter(function (each) { return each !== op; }); store('readwrite', function (ops) { ops.delete(op.key); }); }
  function strip() {
    var line = $('strip'), waiting = queue.length && (offline || Date.now() - queue[0].made > 4000);
    line.hidden = !waiting && !closed;
    if (closed) line.lastElementChild.textContent = words.closed;
    else if (waiting) line.lastElementChild.textContent = say(offline ? 'offline' : 'sending', { n: queue.length });
    if (waiting) queue.forEach(function (op) { op.people.forEach(function (id) { var row = rowOf(id); if (row) { row.querySelector('.seg').classList.add('pending'); row.querySelector('.src').textContent = words.waiting; } }); });
  }
  function send() {
    if (sending || !queue.length) return;
    var op = queue[0], body = Object.assign({ op_id: op.op_id }, op.body);
    if (Date.now() - op.made > 5000 && op.path !== '/undo') body.device_at = new Date(op.made).toISOString();
    sending = true;
    $('saved').lastElementChild.textContent = words.saving;
    var retry = function () { sending = false; offline = true; strip(); setTimeout(send, 5000); };
    window.TrainHub.post(base + op.path, body).then(function (response) {
      if (response.status === 503 || response.status === 429) return retry();
      return response.json().catch(function () { return {}; }).then(function (answer) {
        sending = false; offline = false;
        if (signedOut(response.status, answer) && again(op)) return location.reload();
        if (op === queue[0]) drop(op);
        if (answer.rows) accept(op, answer); else refuse(op, response.status, answer);
        figures(); strip(); send();
        if (leaving && !queue.length) location.href = $('finish').href;
      });
    }, retry);
  }
  function signedOut(status, answer) { return status === 401 || (status === 400 && answer.error === 'csrf'); }
  function again(op) {  /* the operation stays on this device; after signing in the page sends it, at most three times */
    op.tries = (op.tries || 0) + 1;
    store('readwrite', function (ops) { ops.put(op); });
    return db && op.tries < 3;
  }
  function accept(op, answer) {
    answer.rows.forEach(function (from) { var row = rowOf(from.person); if (row && !pending(row.dataset.id)) paint(row, from); });
    answer.conflicts.forEach(clash);
    $('saved').lastElementChild.textContent = words.saved.replace('{at}', answer.saved_at);
    if (answer.tally.total !== rows.length) location.reload();
  }
  function refuse(op, status, answer) {
    leaving = false;
    if (status === 409 && answer.error === 'sheet_closed') closed = true;
    op.before.forEach(function (pair) { var row = rowOf(pair[0]); if (row) { put(row, pair[1]); row.dataset.version = pair[2]; row.querySelector('.seg').classList.remove('pending'); } });
    undone = undone.filter(function (each) { return each.op_id !== op.op_id; });
    $('saved').lastElementChild.textContent = words.failed;
    window.TrainHub.toast(answer.message || words.failed, { kind: 'error' });
  }
  function clash(found) {
    leaving = false;
    var row = rowOf(found.person), note = doc.createElement('div'), text = doc.createElement('div');
    if (!row) return;
    paint(row, found.theirs); row.classList.add('clash');
    note.className = 'note note-warn'; text.textContent = found.text + ' ';
    [['keep', found.theirs.word, null], ['change', found.yours_word, found.yours]].forEach(function (choice) {
      var button = doc.createElement('button');
      button.type = 'button'; button.className = 'btn sm'; button.textContent = words[choice[0]].replace('{word}', choice[1]);
      button.addEventListener('click', function () { note.remove(); row.classList.remove('clash'); if (choice[0] === 'change') mark(row, choice[2]); go(row); });
      text.appendChild(button); text.appendChild(doc.createTextNode(' '));
    });
    note.appendChild(text); $('conflicts').appendChild(note);
  }

  /* ── marking and undo ── */
  function last(name, text) { var line = $('last'), bold = doc.createElement('b'); bold.textContent = name; line.textContent = ''; line.appendChild(bold); line.appendChild(doc.createTextNode(' ' + text)); }
  function mark(row, chosen, more) {
    var before = value(row), version = +row.dataset.version;
    if (chosen === before && !more) return;
    var op = { op_id: newId(), path: '/marks', people: [row.dataset.id], before: [[row.dataset.id, before, version]],
      body: { marks: [Object.assign({ person: row.dataset.id, value: chosen, seen_version: version }, more)] } };
    put(row, chosen); row.classList.remove('clash', 'fresh'); row.dataset.version = version + 1;
    last(row.dataset.name, chosen ? words.set.replace('{word}', words.status[chosen]) : words.cleared);
    undone.push(op); $('undo').disabled = false;
    enqueue(op);
  }
  function back() {
    var op = undone.pop();
    $('undo').disabled = !undone.length;
    if (!op) { window.TrainHub.announce(words.undofailed); return; }
    var first = op.before[0], row = first && rowOf(first[0]);
    op.before.forEach(function (pair) { if (rowOf(pair[0])) put(rowOf(pair[0]), pair[1]); });
    if (row) { last(row.dataset.name, words.undone.replace('{word}', words.status[first[1]])); go(row); }
    if (queue.indexOf(op) > 0 || (queue[0] === op && !sending)) {
      op.before.forEach(function (pair) { if (rowOf(pair[0])) rowOf(pair[0]).dataset.version = pair[2]; });
      drop(op); figures(); strip();
      return;
    }
    op.people.forEach(function (id) { var row = rowOf(id); if (row) row.dataset.version = +row.dataset.version + 1; });
    enqueue({ op_id: op.op_id, path: '/undo', people: op.people, before: op.before, body: {} });
  }

  /* ── what the user does ── */
  book.addEventListener('submit', function (event) { event.preventDefault(); event.stopPropagation(); }, true);
  book.addEventListener('change', function (event) {
    var row = event.target.closest('.person');
    if (!row) return;
    var chosen = event.target.value;
    put(row, row.dataset.shown); mark(row, chosen); go(row, true);
  });
  rows.forEach(function (row) { row.dataset.shown = value(row); row.addEventListener('focusin', function () { if (!row.classList.contains('cur')) go(row, true); }); });
  book.addEventListener('keydown', function (event) {
    var key = event.key, row = event.target.closest('.person') || current();
    if (event.altKey || event.metaKey || (event.ctrlKey && key !== 'z')) return;
    if (KEYS[key]) { var was = value(row); mark(row, KEYS[key]); go(next(row, 1, !was) || row); }
    else if (key === 'ArrowDown') go(next(row, 1)); else if (key === 'ArrowUp') go(next(row, -1));
    else if (key === 'ArrowRight' || key === 'ArrowLeft') go(beside(row, key === 'ArrowRight') || row);
    else if (key === 'n' || key === 'N') go(next(row, 1, true)); else if (key === 'z' || key === 'Z') back();
    else if (key === '?') $('keys').showModal();
    else if (key === ' ' && event.target === row) details(row);
    else return;
    event.preventDefault();
  });
  doc.addEventListener('keydown', function (event) {  /* a number or staff number typed in full finds exactly that person */
    if (event.target !== search || event.key !== 'Enter') return;
    var sought = search.value.trim().toLowerCase(), hit = rows.filter(function (row) { return row.dataset.no === sought; })[0];
    if (!hit) return;
    event.preventDefault(); event.stopPropagation(); search.value = ''; filter = 'all'; narrow(); search.dispatchEvent(new Event('input')); go(hit);
  }, true);
  book.addEventListener('filtered', function () { rows.forEach(function (row) { if (!matches(row)) row.hidden = true; }); });
  all('#chips [data-show]').forEach(function (chip) {
    chip.addEventListener('click', function () {
      filter = chip.dataset.show; narrow();
      all('#chips [data-show]').forEach(function (each) { each.classList.toggle('on', each === chip); each.setAttribute('aria-pressed', String(each === chip)); });
    });
  });
  $('undo').addEventListener('click', back);
  $('finish').addEventListener('click', function (event) { if (queue.length) { event.preventDefault(); leaving = !offline; $('saved').lastElementChild.textContent = say('sending', { n: queue.length }); strip(); } });
  window.addEventListener('beforeunload', function (event) { if (queue.length && !db) { event.preventDefault(); event.returnValue = words.leaving; } });

  /* the rest of a department */
  function others(name) {
    return rows.filter(function (row) { var rest = row.parentNode.previousElementSibling.querySelector('.book-rest'); return !value(row) && rest && rest.dataset.department === name; });
  }
  all('.book-rest', book).forEach(function (link) {  /* before the dialog opens: this department, its number on the button */
    link.addEventListener('click', function () { $('rest-department').value = link.dataset.department; $('rest-department').dispatchEvent(new Event('change')); });
  });
  $('rest-department').addEventListener('change', function () { $('rest-form').querySelector('.btn.pri').textContent = say('rest', { n: others($('rest-department').value).length }); });
  $('rest-form').addEventListener('submit', function (event) {
    event.preventDefault(); event.stopPropagation();
    var name = $('rest-department').value, people = others(name);
    var op = { op_id: newId(), path: '/rest', people: people.map(function (row) { return row.dataset.id; }), before: people.map(function (row) { return [row.dataset.id, '', +row.dataset.version]; }),
      body: { department: name, head_count: $('rest-heads').value } };
    people.forEach(function (row) { put(row, 'present'); row.dataset.version = +row.dataset.version + 1; });
    $('rest').close(); $('rest-heads').value = '';
    last(name, words.set.replace('{word}', words.status.present + ' ' + people.length));
    undone.push(op); $('undo').disabled = false;
    enqueue(op);
  });

  /* details */
  var asked = null;
  function details(row) {
    asked = row;
    $('details-name').textContent = row.dataset.name; $('details-link').href = base + '/people/' + row.dataset.id;
    $('d-value').value = value(row) || 'late'; [['leave', 'd-leave'], ['late', 'd-late'], ['left', 'd-left'], ['note', 'd-note']].forEach(function (pair) { $(pair[1]).value = row.dataset[pair[0]] || ''; });
    $('details').showModal();
  }
  $('details-form').addEventListener('submit', function (event) {
    event.preventDefault(); event.stopPropagation(); $('details').close();
    var chosen = $('d-value').value, more = { note: $('d-note').value };
    if (chosen === 'excused') more.leave_type = $('d-leave').value;
    if ((chosen === 'late' || chosen === 'left_early') && $('d-late').value !== '') more.late_minutes = +$('d-late').value;
    if ((chosen === 'late' || chosen === 'left_early') && $('d-left').value) more.left_at = book.dataset.day + 'T' + $('d-left').value;
    mark(asked, chosen, more);
  });
  $('details').addEventListener('close', function () { if (asked) go(asked); });

  /* ── other devices ── */
  function poll() {
    if (doc.hidden || closed || sending || queue.length) return;
    fetch(base + '/changes?since=' + encodeURIComponent(since), { credentials: 'same-origin', headers: { Accept: 'application/json' } }).then(function (response) {
      if (!response.ok) throw new Error('refused');
      return response.json();
    }).then(function (answer) {
      since = answer.now; offline = false;
      answer.rows.forEach(function (from) { var row = rowOf(from.person); if (row && from.version > +row.dataset.version && !pending(row.dataset.id)) paint(row, from, true); });
      if (answer.state !== 'open') closed = true;
      figures(); strip();
      if (answer.total !== rows.length) window.TrainHub.toast(words.more, { kind: 'info' });
    }).catch(function () { offline = offline || navigator.onLine === false; strip(); });
  }
  setInterval(poll, 10000);
  setInterval(strip, 2000);
  window.addEventListener('online', send);
  doc.addEventListener('visibilitychange', poll);

  /* ── start: take up what an earlier visit could not send ── */
  function resume(kept) {
    kept.sort(function (a, b) { return a.made - b.made; }).forEach(function (op) {
      queue.push(op);
      if (op.path === '/marks') op.body.marks.forEach(function (each) { if (rowOf(each.person)) put(rowOf(each.person), each.value); });
    });
    figures(); strip(); send();
  }
  try {
    var request = indexedDB.open('trainhub-roll', 1);
    request.onupgradeneeded = function () { request.result.createObjectStore('ops', { keyPath: 'key' }); };
    request.onsuccess = function () {
      db = request.result;
      var reading = db.transaction('ops').objectStore('ops').getAll();
      reading.onsuccess = function () { resume(reading.result.filter(function (op) { return op.sheet === sheet && op.account === book.dataset.account; })); };
    };
  } catch (error) { db = null; }
  if ($('plain-save')) $('plain-save').hidden = true;
  figures();
  all('.person a', book).forEach(function (link) { link.tabIndex = -1; });
  all('.seg input', book).forEach(function (input) { input.tabIndex = -1; });
  go(rows.filter(function (row) { return !value(row); })[0] || rows[0], doc.activeElement !== doc.body || !window.matchMedia('(hover: hover) and (pointer: fine)').matches, true);
  book.dataset.ready = 'yes';
})();
