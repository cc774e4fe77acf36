// The panel of a proposal: the answer with its figures, lists, what cannot be met, and what it was made from.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, state = geogrid.state;
  var t = geogrid.t, h = geogrid.h, pick = geogrid.pick, number = geogrid.number;
  var LONG = 40;
  var views = (geogrid.views = {});
  var axes = 0;

  function section(title, aside) {
    return h("section", {}, h("h3", {}, title, aside ? h("small", {}, aside) : null), Array.prototype.slice.call(arguments, 2));
  }
  function note(text) { return h("p", { class: "note" }, text); }
  function banners() {
    return [data.office ? h("p", { class: "banner office" }, t("officeNote")) : null, data.sample ? h("p", { class: "banner" }, t("sampleNote")) : null];
  }
  function plain(rows) { return h("ul", { class: "plain" }, rows.map(function (text) { return h("li", {}, text); })); }
  function pairs(rows) { return h("dl", { class: "pairs" }, rows.map(function (row) { return h("div", {}, h("dt", {}, row[0]), h("dd", {}, row[1])); })); }

  // A list, the first of it at once and the rest on request; on paper as far as it is open.
  function listed(things, make, kind) {
    var list = h("ul", { class: kind }, things.slice(0, LONG).map(make)), shown = LONG;
    var more = h("button", { type: "button", class: "more", onclick: function () {
      var first = things.slice(shown, (shown += LONG)).map(make).map(function (made) { return list.appendChild(made); })[0];
      if (first.querySelector("button")) first.querySelector("button").focus();
      label();
    } });
    function label() {
      more.hidden = shown >= things.length;
      more.textContent = t("more", { n: number(things.length - shown) });
    }
    label();
    return [list, more];
  }

  // Alternatives
  function isBest(i, key, value) {
    var better = data.style.figures[key].better;
    if (!better || data.answers.length < 2 || value === null) return false;
    var all = data.answers.map(function (_, k) { return geogrid.figureOf(k, key); }).filter(function (each) { return each !== null; });
    var best = Math[better === "less" ? "min" : "max"].apply(null, all);
    return value === best && all.some(function (each) { return each !== best; });
  }
  function figures(i) {
    return h("dl", { class: "facts" }, data.answers[i].figures.map(function (pair) {
      return h("div", { class: isBest(i, pair[0], pair[1]) ? "best" : null }, h("dt", {}, geogrid.figureName(pair[0])), h("dd", {}, geogrid.figure(pair[0], pair[1])));
    }));
  }
  function card(answer, i) {
    var current = i === state.answer;
    return h("li", { class: "card" + (current ? " current" : "") },
      h("h4", {}, data.answers.length > 1
        ? h("button", { type: "button", id: "card" + i, "aria-pressed": String(current), onclick: function () { geogrid.set({ answer: i }); } }, h("span", { class: "rank" }, i + 1), h("span", { class: "what" }, pick(answer.name)))
        : h("span", { class: "what" }, pick(answer.name)),
      current && data.answers.length > 1 ? h("span", { class: "badge good" }, t("shown")) : null),
      figures(i),
      answer.notes.length ? plain(answer.notes.map(pick)) : null);
  }
  function tradeoff() {
    if (!data.chart.axes.length) return null;
    var pair = data.chart.axes[axes];
    return section(t("tradeoff"), "",
      data.chart.axes.length > 1 ? h("label", { class: "choice" }, h("span", { class: "unseen" }, t("tradeoffPick")), h("select", { id: "axes", onchange: function (event) {
        axes = Number(event.target.value);
        geogrid.set({});
      } }, data.chart.axes.map(function (each, k) {
        return h("option", { value: String(k), selected: k === axes }, geogrid.figureName(each[0]) + " × " + geogrid.figureName(each[1]));
      }))) : null,
      geogrid.scatter(pair), note(t("tradeoffHint")));
  }
  function curve() {
    var told = data.chart.curve;
    if (!told) return null;
    var open = told.points.some(function (p) { return !p[3]; });
    var said = open ? [t("curveProven"), t("curveOpen"), t("curveBound")].join(geogrid.lang === "zh" ? "；" : "; ") : "";
    return section(t("curve", { what: pick(told.label) }), "", geogrid.curve(told), said ? note(said) : null);
  }
  views.answers = function () {
    return [
      banners(),
      data.summary.map(function (text, i) { return h("p", { class: i ? "summary more-of-it" : "summary" }, pick(text)); }),
      h("p", { class: "note basis" }, pick(geogrid.answer().made.headline)),
      geogrid.answer().troubles.rows.length ? h("button", { type: "button", class: "more", onclick: function () { geogrid.set({ tab: "troubles" }); } }, t("troubles"), " ", number(geogrid.answer().troubles.rows.length)) : null,
      section(data.answers.length > 1 ? t("alternatives") : t("proposal"), data.answers.length > 1 ? number(data.answers.length) : "",
        data.answers.length > 1 ? note(t("alternativesHint")) : null,
        h("ul", { class: "cards" }, data.answers.map(card))),
      tradeoff(),
      curve(),
      note(t("choose")),
    ];
  };

  // Lists
  function go(row) {
    if (geogrid.isPhone()) geogrid.set({ open: false });
    if (row.sign !== undefined) {
      var mark = geogrid.signMark(1, row.sign);
      if (!mark) return;
      if (row.radius) geogrid.zoomAround(mark.getLatLng(), row.radius);
      else geogrid.zoomToPlace(mark.getLatLng());
      geogrid.choose(mark.getLatLng(), { s: 1, told: mark.told }, { radius: row.radius || 0 });
    } else if (row.id !== null) {
      var sides = [1, 0].filter(function (s) { return geogrid.sideOf(s).features && geogrid.sideOf(s).features.ids.indexOf(row.id) >= 0; });
      if (!sides.length) return;
      var i = geogrid.sideOf(sides[0]).features.ids.indexOf(row.id);
      geogrid.zoomToFeature(sides[0], i);
      if (geogrid.sideOf(sides[0]).features.spots[i]) geogrid.choose(geogrid.placeOfSpot(geogrid.sideOf(sides[0]).features.spots[i]), null);
    } else if (row.box) geogrid.zoomToBox(row.box);
    if (geogrid.isPhone()) geogrid.set({ open: false });
  }
  function item(row) {
    return h("li", {}, h("button", { type: "button", onclick: function () { go(row); } },
      row.number ? h("span", { class: "rank" }, row.number) : null,
      h("span", { class: "what" + (row.bad ? " bad" : "") }, h("b", {}, row.name), row.said.map(function (text) { return h("small", {}, pick(text)); }))));
  }
  views.list = function () {
    var lists = geogrid.answer().lists.filter(function (list) { return list.rows.length; });
    return lists.length ? lists.map(function (list) {
      return section(pick(list.title), [number(list.rows.length), list.note ? pick(list.note) : ""].filter(Boolean).join(" · "), listed(list.rows, item, "list"));
    }) : note(t("listEmpty"));
  };
  function trouble(row) {
    return h("li", { class: "card trouble" }, h("h4", {}, h("span", { class: "what" }, row.name),
      row.box ? h("button", { type: "button", class: "link", onclick: function () { go(row); } }, t("onMap")) : null),
    row.said.map(function (text) { return h("p", {}, pick(text)); }),
    row.release.length ? [h("p", { class: "note" }, t("release")), plain(row.release.map(pick))] : null);
  }
  views.troubles = function () {
    var rows = geogrid.answer().troubles.rows;
    return section(t("troubles"), number(rows.length), rows.length ? listed(rows, trouble, "cards") : note(t("troublesNone")));
  };
  // On paper everything stands one after the other.
  views.paper = function () {
    var answer = geogrid.answer();
    return [
      views.answers(),
      answer.troubles.rows.length ? section(t("troubles"), number(answer.troubles.rows.length), h("ul", { class: "cards" }, answer.troubles.rows.map(trouble))) : null,
      answer.lists.filter(function (list) { return list.rows.length; }).map(function (list) { return section(pick(list.title), number(list.rows.length), h("ul", { class: "list" }, list.rows.map(item))); }),
      views.about(),
    ];
  };

  // What was clicked, on both maps
  views.chosen = function (chosen) {
    var parts = [0, 1].map(function (s) {
      var told = geogrid.sideOf(s), i = chosen.features[s];
      if (!told.features || i < 0) return null;
      return section(pick(told.title), "", h("p", {}, h("b", {}, told.features.names[i])), plain(told.features.said[i].map(pick)));
    });
    var told = chosen.sign && chosen.sign.told;
    return [
      h("header", { class: "detail" },
        h("button", { type: "button", class: "back", onclick: function () { geogrid.set({ chosen: null }); } }, "‹ ", t("close")),
        told ? [h("h2", {}, told.number ? told.number + ". " : "", told.name), plain(told.said.map(pick))] : null),
      parts,
    ];
  };

  views.about = function () {
    var made = geogrid.answer().made;
    return [
      banners(),
      section(t("provenance"), "", pairs(made.rows.map(function (row) { return [pick(row[0]), pick(row[1])]; }))),
      made.settings.length ? section(t("settings"), "", pairs(made.settings.map(function (row) { return [pick(row[0]), pick(row[1])]; }))) : null,
      data.notes.length ? section(t("notes"), "", plain(data.notes.map(pick))) : null,
      made.inputs.length ? section(t("inputs"), "", pairs(made.inputs.map(function (row) { return [row[0], h("code", {}, row[1])]; }))) : null,
      section(t("data"), "", plain([t("privacyText"), t("drawing", { n: number(data.tolerance, 1) }), data.crs, data.osm ? t("osmLong") : "", t("noBasemap")].filter(Boolean))),
      note(t("madeWith", { version: data.version })),
    ];
  };
})();
