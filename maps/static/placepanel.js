// What stands around the map of themes: the chooser, times, legend, figures, the list, details, and what follows from a choice.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, themes = data.themes, state = geogrid.state;
  var t = geogrid.t, h = geogrid.h, byId = geogrid.byId, pick = geogrid.pick, number = geogrid.number;
  var TABS = ["themes", "list", "about"];
  var LONG = 60, MANY_TIMES = 3;
  var phone = window.matchMedia("(max-width: 760px)");
  var started = false, tooltip;
  geogrid.isPhone = function () { return phone.matches; };
  // Where there is no room for it the panel is shown only when something is chosen.
  function folds() { return phone.matches || (data.embed && document.body.classList.contains("small")); }

  function set(changes) {
    var before = Object.assign({}, state);
    Object.assign(state, changes);
    if (state.theme !== before.theme) begin(changes);
    if (changes.lang && changes.lang !== geogrid.lang) {
      geogrid.lang = changes.lang;
      drawChrome();
    }
    drawSwitches();
    drawLegend();
    drawPanel();
    var redraw = ["theme", "time", "from", "to", "off"].some(function (key) { return state[key] !== before[key]; });
    if (redraw) {
      tooltip.close();
      geogrid.draw();
      if (state.theme !== before.theme) geogrid.fitIfAway();
      byId("news").textContent = geogrid.heading();
    } else if (state.chosen !== before.chosen) geogrid.outline();
    remember();
  }
  geogrid.set = set;
  // A theme begins with the time that it names, and compares its last two.
  function begin(changes) {
    var theme = geogrid.theme(), last = theme.times.length - 1;
    if (!("time" in changes)) state.time = theme.start;
    if (!("from" in changes)) state.from = Math.max(0, last - 1);
    if (!("to" in changes)) state.to = last;
    if (!("chosen" in changes)) state.chosen = null;
    drawTimes();
  }

  // Words
  function heading() {
    var theme = geogrid.theme(), name = geogrid.title(theme.name);
    if (theme.times.length < 2) return name;
    return name + (geogrid.lang === "zh" ? "：" : ": ") + timeName();
  }
  geogrid.heading = heading;
  function timeName() {
    if (!geogrid.isChanges()) return pick(geogrid.theme().times[state.time].name);
    return t("changes") + (geogrid.lang === "zh" ? "（" : " (") + t("fromTo", { from: nameOfTime(state.from), to: nameOfTime(state.to) }) + (geogrid.lang === "zh" ? "）" : ")");
  }
  function nameOfTime(k) { return pick(geogrid.theme().times[k].name); }
  function className(theme, k) { return k < 0 ? t("notListed") : geogrid.title(theme.classes[k].name); }
  // Of a map whose texts are still to come, nothing is said yet.
  function text(n) { return n >= 0 ? pick(data.texts[n]) : ""; }
  function valueOf(i, time) { return text(geogrid.theme().value[time][i]); }
  function adviceOf(i) { return text(geogrid.theme().advice[geogrid.isChanges() ? state.to : state.time][i]); }
  function percent(count, total) { return total ? geogrid.percent((count / total) * 10000) : ""; }
  function moved(i) {
    var theme = geogrid.theme();
    return t("fromTo", { from: className(theme, theme.class[state.from][i]), to: className(theme, theme.class[state.to][i]) });
  }
  // The value, where it says more than the name of the class.
  function measured(i, time) {
    var theme = geogrid.theme(), k = theme.class[time][i], value = valueOf(i, time);
    return k >= 0 && value.toLowerCase() === pick(theme.classes[k].name).toLowerCase() ? "" : value;
  }
  // What is said of a feature in a row: its class or change, its value, and what to do.
  geogrid.sayRow = function (i) {
    var view = geogrid.view(), row = view.classes[view.of[i]];
    var first = geogrid.isChanges() ? [row ? pick(row.name) : "", moved(i)] : [row ? geogrid.title(row.name) : "", measured(i, state.time)];
    return [first.filter(Boolean).join(" · "), adviceOf(i)].filter(Boolean);
  };

  // Signs of classes
  function swatch(row, index) {
    var kind = geogrid.kindOf(index), box = h("i", { class: "swatch" });
    if (kind === "points" || row.mark) return geogrid.symbolPicture(row.mark && kind !== "points" ? Object.assign({}, row.mark, { colour: row.colour }) : { shape: row.sign, colour: geogrid.inkOf(row) }, row.hatched);
    if (kind === "lines") {
      box.className = "swatch stroke";
      box.style.borderTop = (row.hatched ? "dashed" : "solid") + " 4px " + geogrid.inkOf(row);
      return box;
    }
    box.style.background = paint(row);
    return box;
  }
  function paint(row) {
    var stripe = geogrid.stripe(row.colour);
    return row.hatched ? "repeating-linear-gradient(135deg, " + stripe + " 0 1.2px, " + row.colour + " 1.2px 5px)" : row.colour;
  }
  // How large each class is, as one bar.
  function bar(view) {
    return h("div", { class: "track", "aria-hidden": "true" }, view.classes.map(function (row, k) {
      if (!view.counts[k] || row.beside) return null;
      var part = h("i", {});
      part.style.flex = view.counts[k] + " 0 0";
      part.style.background = paint(row);
      return part;
    }));
  }

  // Around the map
  function box(type, name, value, label, checked, change) {
    var input = h("input", { type: type, name: name, value: value, onchange: function () { change(input); } });
    input.checked = checked;
    return h("label", {}, input, h("span", {}, label));
  }
  function keepLegend(fieldset, children) { geogrid.replace(fieldset, fieldset.querySelector("legend"), children); }
  function drawChrome() {
    var place = pick(data.title);
    document.documentElement.lang = geogrid.lang === "zh" ? "zh-CN" : "en";
    document.title = (place ? place + " · " : "") + t("subtitle");
    geogrid.replace(byId("title"), place ? h("strong", { title: place }, place) : null, h("span", {}, t("subtitle")));
    byId("office").hidden = !data.office;
    byId("office").textContent = t("office");
    byId("credit").textContent = t("madeWith", { version: data.version });
    byId("search").placeholder = t("search");
    byId("search").setAttribute("aria-label", t("search"));
    document.querySelectorAll("[data-t]").forEach(function (element) { element.textContent = t(element.dataset.t); });
    document.querySelectorAll("[data-t-label]").forEach(function (element) { element.setAttribute("aria-label", t(element.dataset.tLabel)); });
    geogrid.leaflet.getContainer().setAttribute("aria-label", t("map"));
    geogrid.leaflet.getContainer().setAttribute("role", "application");
    geogrid.nameControls();
    keepLegend(byId("languages"), ["zh", "en"].map(function (lang) {
      return box("radio", "lang", lang, lang === "zh" ? "中文" : "EN", geogrid.lang === lang, function () { set({ lang: lang }); });
    }));
    drawPick();
    drawTimes();
  }
  function select(label, options, chosen, change) {
    var made = h("select", { "aria-label": label, onchange: function () { change(Number(made.value)); } }, options.map(function (name, i) {
      return h("option", { value: i, selected: i === chosen }, name);
    }));
    return made;
  }
  // On phones the chooser stands below the map; elsewhere it is in the panel.
  function drawPick() {
    var made = select(t("chooseTheme"), themes.map(function (theme) { return geogrid.title(theme.name); }), state.theme, function (i) { set({ theme: i }); });
    made.id = "theme-pick";
    geogrid.replace(byId("pick"), themes.length > 1 ? made : null);
    byId("pick").hidden = themes.length < 2;
  }
  function drawTimes() {
    var times = geogrid.theme().times, many = times.length > MANY_TIMES, whens = byId("whens");
    whens.hidden = times.length < 2;
    var choices = times.map(function (time, k) { return [k, pick(time.name)]; }).concat([[geogrid.CHANGED, t("changes")]]);
    keepLegend(whens, many
      ? select(t("chooseTime"), choices.map(function (choice) { return choice[1]; }), geogrid.isChanges() ? times.length : state.time, function (k) { set({ time: choices[k][0] }); })
      : choices.map(function (choice) { return box("radio", "when", choice[0], choice[1], state.time === choice[0], function () { set({ time: choice[0] }); }); }));
    whens.classList.toggle("many", many);
    drawSpans();
  }
  // With more than two times, which two are compared; never one with itself.
  function drawSpans() {
    var times = geogrid.theme().times, names = times.map(function (time) { return pick(time.name); }), last = times.length - 1;
    byId("spans").hidden = times.length < 3 || !geogrid.isChanges();
    if (byId("spans").hidden) return geogrid.replace(byId("spans"));
    geogrid.replace(byId("spans"),
      h("span", {}, t("from")), select(t("from"), names.slice(0, last), state.from, function (k) { set({ from: k, to: Math.max(state.to, k + 1) }); }),
      h("span", {}, t("to")), select(t("to"), names.slice(1), state.to - 1, function (k) { set({ to: k + 1, from: Math.min(state.from, k) }); }));
  }
  function drawSwitches() {
    document.querySelectorAll("input[name=lang]").forEach(function (input) { input.checked = input.value === geogrid.lang; });
    document.querySelectorAll("input[name=when]").forEach(function (input) { input.checked = input.value === String(state.time); });
    var many = byId("whens").querySelector("select");
    if (many) many.value = String(geogrid.isChanges() ? geogrid.theme().times.length : state.time);
    if (byId("theme-pick")) byId("theme-pick").value = String(state.theme);
    var focused = byId("spans").contains(document.activeElement) ? Array.prototype.indexOf.call(byId("spans").children, document.activeElement) : -1;
    drawSpans();
    if (focused >= 0) byId("spans").children[focused].focus();
  }
  // Classes of the view that have something or always matter.
  geogrid.legendRows = function (onPaper) {
    var view = geogrid.view();
    var rows = view.classes.map(function (_, k) { return k; }).filter(function (k) { return !geogrid.isChanges() || view.counts[k] || view.classes[k].mark; });
    return h("ul", { class: "rows" }, rows.map(function (k) {
      var row = view.classes[k], on = geogrid.isOn(k);
      var parts = [swatch(row, state.theme), h("span", { class: "what" }, geogrid.title(row.name)), h("b", {}, number(view.counts[k])), h("small", {}, row.beside ? "" : percent(view.counts[k], view.total))];
      if (onPaper) return on ? h("li", {}, parts) : null;
      var input = h("input", { type: "checkbox", name: "class", value: k, onchange: function () { toggle(view, k, input.checked); } });
      input.checked = on;
      return h("li", { class: on ? null : "off" }, h("label", { title: t("switchHint") }, input, parts));
    }));
  };
  function toggle(view, k, on) {
    var off = Object.assign({}, state.off[view.key]), all = Object.assign({}, state.off);
    off[k] = !on;
    all[view.key] = off;
    set({ off: all });
  }
  function drawLegend() {
    var legend = byId("legend"), view = geogrid.view(), focused = legend.contains(document.activeElement) ? document.activeElement.value : null;
    geogrid.replace(legend,
      h("h2", {}, h("span", {}, heading()), " ", h("small", {}, t("total", { n: number(view.total) }))),
      view.total ? bar(view) : h("p", { class: "note" }, t("nothingDrawn")),
      geogrid.legendRows(false));
    if (focused !== null) (legend.querySelector("input[value='" + Number(focused) + "']") || byId("view")).focus();
  }

  // Panel
  function section(title, hint) {
    return h("section", {}, h("h3", {}, title, hint ? h("small", {}, hint) : null), Array.prototype.slice.call(arguments, 2));
  }
  function note(said) { return said ? h("p", { class: "note" }, said) : null; }
  function plain(texts) { return h("ul", { class: "plain" }, texts.map(function (each) { return h("li", {}, pick(each)); })); }
  function pairs(rows) {
    return h("dl", { class: "pairs" }, rows.filter(function (row) { return row && row[1]; }).map(function (row) { return h("div", {}, h("dt", {}, row[0]), h("dd", {}, row[1])); }));
  }
  function long(things, make) {
    var list = h("ul", { class: "list" }, things.slice(0, LONG).map(make)), shown = LONG;
    var more = h("button", { type: "button", class: "more", onclick: function () {
      var first = things.slice(shown, (shown += LONG)).map(make).map(function (made) { return list.appendChild(made); })[0];
      first.firstChild.focus();
      label();
    } });
    function label() {
      more.hidden = shown >= things.length;
      more.textContent = t("more", { n: number(things.length - shown) });
    }
    label();
    return [list, more];
  }
  // What is to be acted on: who has advice, as given; of changes, who fell, the deepest first. Or everything, the worst class first.
  function listed(all) {
    var theme = geogrid.theme(), view = geogrid.view(), ids = view.of.map(function (_, i) { return i; }).filter(geogrid.isShown);
    if (!all && geogrid.isChanges()) return ids.filter(function (i) { return view.of[i] === view.worst; }).sort(function (a, b) { return depth(theme, b) - depth(theme, a) || a - b; });
    if (!all) return ids.filter(function (i) { return theme.advice[state.time][i] >= 0; });
    var rank = {};
    geogrid.ranked(view).reverse().forEach(function (k, place) { rank[k] = place; });
    return ids.sort(function (a, b) { return rank[view.of[a]] - rank[view.of[b]] || a - b; });
  }
  geogrid.listed = listed;
  function actLabel() { return geogrid.isChanges() ? "fell" : "toAct"; }
  geogrid.actLabel = actLabel;
  function depth(theme, i) { return theme.class[state.to][i] - theme.class[state.from][i]; }
  function item(i) {
    var view = geogrid.view();
    return h("li", {}, h("button", { type: "button", onclick: function () { choose(i, { zoom: true }); } },
      swatch(view.classes[view.of[i]], state.theme),
      h("span", { class: "what" }, h("b", {}, geogrid.theme().names[i]), geogrid.sayRow(i).map(function (line) { return h("small", {}, line); }))));
  }
  // How many went from which class to which.
  function moves() {
    var theme = geogrid.theme(), found = {};
    theme.ids.forEach(function (_, i) {
      var a = theme.class[state.from][i], b = theme.class[state.to][i];
      if (a !== b) found[a + "/" + b] = (found[a + "/" + b] || 0) + 1;
    });
    var rows = Object.keys(found).sort(function (a, b) { return found[b] - found[a] || (a < b ? -1 : 1); });
    return rows.length ? section(t("moves"), "", h("ul", { class: "moves" }, rows.map(function (key) {
      var ends = key.split("/").map(Number);
      return h("li", {}, ends.map(function (k, side) {
        return [side ? h("span", { class: "to" }, "→") : null, k < 0 ? null : chip(theme.classes[k]), h("span", { class: "what" }, className(theme, k))];
      }), h("b", {}, number(found[key])));
    }))) : null;
  }
  function chip(row) {
    var made = h("i", { class: "swatch small" });
    made.style.background = paint(row);
    return made;
  }
  function themeRow(theme, i) {
    var current = i === state.theme, time = current && !geogrid.isChanges() ? state.time : theme.start;
    var input = h("input", { type: "radio", name: "theme", value: i, onchange: function () { set({ theme: i }); } });
    input.checked = current;
    return h("label", { class: current ? "theme current" : "theme" }, input,
      h("span", { class: "line" }, h("span", { class: "what" }, geogrid.title(theme.name)), theme.office ? h("span", { class: "badge bad" }, t("officeShort")) : null),
      bar(current && geogrid.isChanges() ? geogrid.view() : geogrid.timeView(i, time)),
      current ? h("span", { class: "note" }, pick(theme.note)) : null);
  }
  var views = {
    themes: function () {
      var theme = geogrid.theme();
      return [h("fieldset", { class: "themes" }, h("legend", { class: "unseen" }, t("chooseTheme")), themes.map(themeRow)),
        theme.facts.length ? section(t("facts"), "", plain(theme.facts)) : null,
        data.notes.length ? section(t("notes"), "", plain(data.notes)) : null];
    },
    list: function () {
      var none = !geogrid.isChanges() && geogrid.theme().advice[state.time].every(function (n) { return n < 0; });
      var all = state.all || none, rows = listed(all), view = geogrid.view(), off = view.of.filter(function (k) { return k >= 0 && !geogrid.isOn(k); }).length;
      var switches = h("fieldset", { class: "switch which" }, h("legend", { class: "unseen" }, t("which")), [false, true].map(function (value) {
        var label = t(value ? "everything" : actLabel()) + " " + number(listed(value).length);
        return box("radio", "which", value, label, value === all, function () { set({ all: value }); });
      }));
      return [h("h3", {}, heading()), geogrid.isChanges() ? moves() : null, none ? note(t("nothingToAct")) : switches,
        rows.length ? [note(t(all ? "worstFirst" : geogrid.isChanges() ? "deepestFirst" : "inOrder")), long(rows, item)] : note(t(all || off ? "nothingListed" : geogrid.isChanges() ? "nobodyFell" : "nothingToAct")),
        rows.length && off ? note(t("hiddenClasses", { n: number(off) })) : null];
    },
    about: function () {
      var several = themes.some(function (theme) { return theme.times.length > 1; });
      return [
        section(t("reading"), "", h("p", {}, t("readingText")), several ? h("p", {}, t("changesText")) : null),
        section(t("allThemes"), "", h("dl", { class: "notes" }, themes.map(function (theme) { return [h("dt", {}, geogrid.title(theme.name)), h("dd", {}, pick(theme.note))]; }))),
        data.notes.length ? section(t("notes"), "", plain(data.notes)) : null,
        section(t("data"), "", h("ul", { class: "plain" }, [data.office ? t("officeText") : "", t("noRows"), t("noBasemap")].filter(Boolean).map(function (line) { return h("li", {}, line); }))),
        note(t("madeWith", { version: data.version })),
      ];
    },
  };
  function detail(i) {
    var theme = geogrid.theme(), view = geogrid.view(), row = view.classes[view.of[i]], advice = adviceOf(i), here = geogrid.boundsOf(i);
    var back = h("button", { type: "button", class: "back", onclick: function () { set({ chosen: null }); } }, "‹ ", t("back"));
    var times = theme.times.map(function (time, k) {
      var of = theme.class[k][i];
      return [pick(time.name), [of < 0 ? t("notListed") : [swatchOf(theme, of, k), className(theme, of)], measured(i, k) ? h("small", {}, measured(i, k)) : null]];
    });
    return [h("header", { class: "detail" }, back, h("h2", {}, theme.names[i]), h("p", { class: "where" }, [theme.ids[i] === theme.names[i] ? "" : theme.ids[i], t("inTheme", { name: pick(theme.name) })].filter(Boolean).join(" · "))),
      row ? h("p", { class: "verdict" }, swatch(row, state.theme), h("b", {}, geogrid.title(row.name)), geogrid.isChanges() ? h("span", {}, moved(i)) : null) : null,
      geogrid.isChanges() || !measured(i, state.time) ? null : h("p", { class: "measured" }, measured(i, state.time)),
      advice ? h("section", { class: "advice" }, h("h3", {}, t("advice")), h("p", {}, advice)) : null,
      times.length > 1 ? section(t("overTime"), "", pairs(times)) : null,
      here ? h("button", { type: "button", class: "more", onclick: function () { choose(i, { zoom: true }); } }, t("showMe")) : note(t("noPlace"))];
  }
  function swatchOf(theme, k, time) { return swatch(geogrid.timeView(themes.indexOf(theme), time).classes[k], themes.indexOf(theme)); }
  function drawPanel() {
    var folded = folds() && !state.open, view = byId("view");
    document.body.classList.toggle("open", folds() && state.open);
    geogrid.replace(byId("tabs"), TABS.map(tabButton), folds() && state.open
      ? h("button", { type: "button", class: "fold", "aria-label": t("closeSheet"), title: t("closeSheet"), onclick: function () { set({ open: false, chosen: null }); } }, "×") : null);
    view.hidden = folded;
    var key = state.chosen !== null ? "feature" + state.theme + "/" + state.chosen : state.tab;
    var changed = view.dataset.shows !== key, focused = view.contains(document.activeElement) && document.activeElement;
    var again = focused && focused.name ? "input[name='" + focused.name + "']:checked" : "";
    // Back from details, the list stands where it was left.
    if (changed && view.dataset.shows === state.tab) view.dataset.left = view.scrollTop;
    view.dataset.shows = key;
    if (!folded) geogrid.replace(view, state.chosen !== null ? detail(state.chosen) : views[state.tab]());
    if (changed) view.scrollTop = state.chosen !== null ? 0 : Number(view.dataset.left) || 0;
    if (focused && !folded) ((again && view.querySelector(again)) || view).focus({ preventScroll: true });
    settle();
  }
  function tabButton(tab, i) {
    var current = state.chosen === null && state.tab === tab && (state.open || !folds());
    var only = i === 0 && (state.chosen !== null || (folds() && !state.open));
    return h("button", {
      type: "button", role: "tab", id: "tab-" + tab, "aria-selected": String(current), "aria-controls": "view", tabindex: current || only ? "0" : "-1",
      onclick: function () {
        byId("view").dataset.left = 0;
        set({ tab: tab, chosen: null, open: !(folds() && current) });
        byId("tab-" + tab).focus();
      },
      onkeydown: function (event) {
        var step = { ArrowRight: 1, ArrowLeft: TABS.length - 1 }[event.key];
        if (!step) return;
        event.preventDefault();
        byId("tab-" + TABS[(i + step) % TABS.length]).click();
      },
    }, tab === "list" ? [t(tab), " ", h("span", { class: "count" }, number(listed(false).length))] : t(tab));
  }
  geogrid.settle = settle;
  function settle() {
    if (!document.body.classList.contains("open")) document.documentElement.style.setProperty("--dock", byId("dock").offsetHeight + "px");
  }

  // Choosing a feature, by the map, the list or the search
  function choose(i, options) {
    set({ chosen: i, open: !folds() || Boolean(options.open) });
    byId("news").textContent = [geogrid.theme().names[i]].concat(geogrid.sayRow(i)).join(". ");
    if (options.open && phone.matches && options.place) geogrid.reveal(options.place);
    if (!options.zoom) return;
    geogrid.zoomTo(i);
    if (geogrid.placeOf(i)) say(i, L.latLng(geogrid.boundsOf(i).getNorth(), geogrid.placeOf(i).lng), true);
  }
  geogrid.choose = choose;
  // Above the place where the map is narrow or the thing itself is to be seen, and then moved sideways as far as it would leave the map.
  function say(i, place, above) {
    tooltip.options.direction = above || phone.matches ? "top" : "auto";
    tooltip.options.offset = L.point(above || phone.matches ? [0, -10] : [12, 0]);
    tooltip.setContent(h("div", {}, h("b", {}, geogrid.theme().names[i]), geogrid.sayRow(i).map(function (line) { return h("span", {}, line); }))).setLatLng(place).openOn(geogrid.leaflet);
    if (!phone.matches) return;
    var at = tooltip.getElement().getBoundingClientRect(), map = geogrid.leaflet.getContainer().getBoundingClientRect();
    tooltip.options.offset = L.point(Math.max(0, map.left + 6 - at.left) - Math.max(0, at.right - map.right + 6), -10);
    tooltip.update();
  }
  function onMove(event) {
    var i = geogrid.featureAt(event.latlng, 7);
    geogrid.leaflet.getContainer().classList.toggle("pointing", i !== null);
    if (i === null) tooltip.close();
    else say(i, event.latlng);
  }
  function onClick(event) {
    var i = geogrid.featureAt(event.latlng, phone.matches ? 16 : 7);
    tooltip.close();
    if (i === null) return set({ chosen: null, open: false });
    choose(i, { open: true, place: event.latlng });
  }

  // Search: this theme's features, then what only other themes have.
  function findable() {
    var seen = {}, found = [];
    [state.theme].concat(themes.map(function (_, k) { return k; }).filter(function (k) { return k !== state.theme; })).forEach(function (k) {
      themes[k].ids.forEach(function (id, i) {
        var key = id + "\n" + themes[k].names[i];
        if (seen[key]) return;
        seen[key] = true;
        found.push(geogrid.searchEntry(themes[k].names[i], id, {
          kind: t(k === state.theme ? "found" : "elsewhere"),
          where: function () { return geogrid.title(themes[k].name); },
          go: function () {
            if (k !== state.theme) set({ theme: k });
            choose(i, { zoom: true });
          },
        }));
      });
    });
    return found;
  }

  // Choices in the address: #theme=…&time=…&lang=…&id=…
  function recall() {
    var wanted = {}, changes = {};
    window.location.hash.slice(1).split("&").forEach(function (part) {
      var at = part.indexOf("=");
      try {
        if (at > 0) wanted[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1));
      } catch (error) {
        if (!(error instanceof URIError)) throw error;
      }
    });
    if (wanted.lang === "zh" || wanted.lang === "en") changes.lang = wanted.lang;
    var theme = themes.findIndex(function (each) { return each.id === wanted.theme; });
    if (theme >= 0) changes.theme = theme;
    var times = themes[theme >= 0 ? theme : state.theme].times;
    var time = times.findIndex(function (each) { return each.id === wanted.time; });
    if (time >= 0) changes.time = time;
    else if (wanted.time === geogrid.CHANGED && times.length > 1) changes.time = geogrid.CHANGED;
    set(changes);
    var feature = geogrid.theme().ids.indexOf(wanted.id);
    if (feature >= 0 && feature !== state.chosen) choose(feature, { zoom: true });
  }
  function remember() {
    if (!started || data.embed) return;
    var theme = geogrid.theme();
    var parts = ["theme=" + encodeURIComponent(theme.id), "time=" + (geogrid.isChanges() ? geogrid.CHANGED : encodeURIComponent(theme.times[state.time].id)), "lang=" + geogrid.lang];
    if (state.chosen !== null) parts.push("id=" + encodeURIComponent(theme.ids[state.chosen]));
    try {
      window.history.replaceState(null, "", "#" + parts.join("&"));
    } catch (error) {
      // A sandboxed frame may not change its address; the map works without.
      if (!(error instanceof DOMException)) throw error;
    }
  }

  geogrid.start = function () {
    var map = geogrid.makeMap();
    tooltip = L.tooltip({ direction: "auto", offset: [12, 0], opacity: 1, className: "tip", interactive: false });
    geogrid.addControls(map, geogrid.fit);
    begin({ time: state.time = data.first[1] < geogrid.theme().times.length ? data.first[1] : geogrid.CHANGED });
    drawChrome();
    set({});
    geogrid.fit();
    geogrid.draw();
    if (!data.embed) recall();
    started = true;
    geogrid.startSearch(findable);
    map.on("mousemove", onMove).on("mouseout", function () { tooltip.close(); }).on("click", onClick);
    if (!data.embed) window.addEventListener("hashchange", recall);
    window.addEventListener("beforeprint", geogrid.drawPaper);
    phone.addEventListener("change", function () { set({}); });
    new ResizeObserver(settle).observe(byId("dock"));
    document.body.setAttribute("data-ready", "true");
  };
})();
