/* SPDX-License-Identifier: Apache-2.0 */
/* script.js - what a page cannot do by itself: sort, fold and search tables, choose between light and dark.
   Text is only ever read with textContent and written with textContent. */
(function () {
	'use strict';
	var FOLD = 10; /* rows of a table before it is unfolded */
	var root = document.documentElement;
	var tables = [];
	var wanted = '';

	function make(name, attributes, text) {
		var e = document.createElement(name);
		Object.keys(attributes || {}).forEach(function (key) { e.setAttribute(key, attributes[key]); });
		if (text) e.textContent = text;
		return e;
	}

	/* what a cell is sorted by: a number, or a text where the column is one */
	function value(cell, number) {
		if (!cell) return number ? -Infinity : '';
		if (!number) return cell.textContent.toLowerCase();
		var v = cell.dataset.v || cell.textContent.replace(/,/g, '');
		return v === '-' || v === '' ? -Infinity : Number(v);
	}

	function sort(t, column) {
		var head = t.heads[column], number = head.classList.contains('n');
		var old = head.getAttribute('aria-sort');
		var down = old ? old === 'ascending' : number;
		t.heads.forEach(function (h) { h.removeAttribute('aria-sort'); });
		head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
		t.rows.forEach(function (r) { r.key = value(r.cells[column], number); });
		t.rows.sort(function (a, b) {
			var way = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
			return way ? (down ? -way : way) : a.at - b.at;
		});
		t.rows.forEach(function (r) { r.whole.parentNode.appendChild(r.whole); });
		show(t);
	}

	/* the rows that are searched for; without a search, the first ones of a folded table */
	function show(t) {
		var own = t.input ? t.input.value.trim().toLowerCase() : '';
		var searching = own || wanted, found = 0;
		t.rows.forEach(function (r, i) {
			var hit = r.text.indexOf(own) >= 0 && r.text.indexOf(wanted) >= 0;
			found += hit;
			r.whole.hidden = searching ? !hit : t.folded && i >= FOLD;
		});
		if (t.count) t.count.textContent = searching ? found + ' of ' + t.rows.length + ' rows' : '';
		if (t.more) t.more.hidden = !t.folded || !!searching;
		t.section.hidden = !!wanted && found === 0;
		if (t.link) t.link.classList.toggle('off', t.section.hidden);
	}

	function finder(t) {
		var label = make('label', {}, 'Find ');
		var bar = make('div', { 'class': 'tools' });
		t.input = make('input', { type: 'search', 'aria-label': 'Find in ' + t.title });
		t.count = make('output', { 'aria-live': 'polite' });
		t.input.addEventListener('input', function () { show(t); });
		label.appendChild(t.input);
		bar.appendChild(label);
		bar.appendChild(t.count);
		t.section.insertBefore(bar, t.box);
	}

	function unfolder(t) {
		t.more = make('p', { 'class': 'all' });
		t.more.appendChild(make('span', {}, '... and ' + (t.rows.length - FOLD) + ' more rows in this file '));
		var button = make('button', { type: 'button' }, 'Show all ' + t.rows.length);
		button.addEventListener('click', function () {
			t.folded = false;
			show(t);
			t.heads[0].firstChild.focus();
		});
		t.more.appendChild(button);
		t.box.after(t.more);
	}

	function prepare(section) {
		var table = section.querySelector('table');
		if (!table) return;
		var t = {
			section: section, box: table.parentNode,
			title: section.querySelector('h2').textContent,
			link: document.querySelector('.contents a[href="#' + section.id + '"]'),
			heads: Array.prototype.slice.call(table.tHead.rows[0].cells)
		};
		/* a row and the sentence under it are a <tbody> of their own */
		var pairs = table.classList.contains('pairs');
		t.rows = Array.prototype.map.call(pairs ? table.tBodies : table.tBodies[0].rows, function (whole, i) {
			return { whole: whole, cells: (pairs ? whole.rows[0] : whole).cells, at: i, text: whole.textContent.toLowerCase() };
		});
		t.folded = t.rows.length > FOLD + 2;
		t.heads.forEach(function (head, column) {
			var button = make('button', { type: 'button' }, head.textContent);
			button.addEventListener('click', function () { sort(t, column); });
			head.textContent = '';
			head.appendChild(button);
		});
		if (t.folded) unfolder(t);
		if (t.folded && !section.querySelector('.chart')) finder(t);
		tables.push(t);
		show(t);
	}

	/* a table that is wider than its box can be scrolled with the keyboard */
	function reach() {
		tables.forEach(function (t) {
			if (t.box.scrollWidth > t.box.clientWidth) {
				t.box.tabIndex = 0;
				t.box.setAttribute('role', 'region');
				t.box.setAttribute('aria-label', t.title);
			} else {
				t.box.removeAttribute('tabindex');
				t.box.removeAttribute('role');
				t.box.removeAttribute('aria-label');
			}
		});
	}

	function everywhere() {
		var nav = document.querySelector('.contents');
		if (!nav) return;
		var input = make('input', { type: 'search', placeholder: 'Find in all tables', 'aria-label': 'Find in all tables' });
		var bar = make('div', { 'class': 'tools everywhere', role: 'search' });
		input.addEventListener('input', function () {
			wanted = input.value.trim().toLowerCase();
			tables.forEach(show);
		});
		bar.appendChild(input);
		nav.insertBefore(bar, nav.firstChild);
		if (window.innerWidth < 700) nav.querySelector('details').open = false;
	}

	function theme() {
		var dark = window.matchMedia('(prefers-color-scheme: dark)').matches;
		var button = make('button', { type: 'button', 'class': 'theme' });
		function name() { button.textContent = dark ? 'Light' : 'Dark'; }
		button.addEventListener('click', function () {
			dark = !dark;
			root.dataset.theme = dark ? 'dark' : 'light';
			name();
		});
		name();
		var header = document.querySelector('header.page');
		header.insertBefore(button, header.firstChild);
	}

	theme();
	Array.prototype.forEach.call(document.querySelectorAll('section.panel'), prepare);
	everywhere();
	reach();
	window.addEventListener('resize', reach);
}());
