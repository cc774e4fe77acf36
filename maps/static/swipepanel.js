// The panel of the swipe map: the summary, what moves from where to where, and every changed grid before and after.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, layers = data.layers;
  var t = geogrid.t, h = geogrid.h, pick = geogrid.pick, number = geogrid.number;
  var LONG = 30;
  var views = (geogrid.views = {});

  function known(value) { return value !== null && value !== undefined; }
  function section(title, aside) {
    return h("section", {}, h("h3", {}, title, aside ? h("small", {}, aside) : null), Array.prototype.slice.call(arguments, 2));
  }
  function note(text) { return h("p", { class: "note" }, text); }
  function withheld() { return h("span", { class: "withheld" }, t("withheld")); }

  // How a measure's value is written, by its unit.
  var WRITTEN = {
    count: function (value) { return number(value); },
    number: function (value) { return number(value); },
    deviation: function (value) { return geogrid.signed(value); },
    area: function (value) { return geogrid.landOf(value); },
    ratio: function (value) { return Number(value).toFixed(2); },
    share: function (value) { return geogrid.percent(value); },
    text: function (value) { return value; },
  };
  // Counts, and what follows from them, are withheld; a length or a name that is missing is not known.
  var COUNTED = ["count", "deviation", "share"];
  function cell(row, side, k) {
    var measure = data.measures[k], values = row[side];
    if (!values) return t("unknown");
    if (known(values[k])) return [WRITTEN[measure.unit](values[k]), measure.key === "deviation" ? rangeBadge(row.range[side]) : null];
    return row.withheld && COUNTED.indexOf(measure.unit) >= 0 ? withheld() : t("unknown");
  }
  function rangeBadge(range) {
    if (!range) return null;
    return [" ", h("span", { class: "badge " + (range === "in" ? "good" : "bad") }, t("range_" + range))];
  }
  function kindBadge(change) {
    return h("span", { class: "badge change " + change }, data.style.changes[change] ? pick(data.style.changes[change]) : change);
  }
  function hasValue(row, k) {
    return ["before", "after"].some(function (side) { return row[side] && known(row[side][k]); });
  }
  function figures(row) {
    var used = data.measures.map(function (_, k) { return k; }).filter(function (k) {
      return hasValue(row, k) || (row.withheld && data.measures[k].key === "households");
    });
    return h("table", { class: "figures" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "unseen" }, t("measure"))), ["before", "after"].map(function (side) {
        return h("th", { scope: "col" }, geogrid.titleOf(side));
      }))),
      h("tbody", {}, used.map(function (k) {
        return h("tr", {}, h("th", { scope: "row" }, pick(data.measures[k].label)), h("td", {}, cell(row, "before", k)), h("td", {}, cell(row, "after", k)));
      })));
  }
  function heading(row) {
    var before = geogrid.gridName(row.id, "before"), after = geogrid.gridName(row.id, "after");
    return before === after ? after : t("fromTo", { from: before, to: after });
  }
  // Whose land a new grid has, or who has the land of one that is gone.
  function origin(row) {
    var ids = row.from.length ? row.from : row.to, side = row.from.length ? "before" : "after";
    if (!ids.length) return null;
    var names = ids.map(function (id) { return geogrid.gridName(id, side); }).join(t("comma"));
    return h("p", { class: "note origin" }, t(row.to.length ? "landTo" : ids.length > 1 ? "landFrom" : "splitFrom", { grids: names }));
  }
  // A sentence whose ranges of numbers stay on one line.
  function whole(text) {
    return text.split(/([0-9][0-9,]*[—–][0-9][0-9,]*)/).map(function (part, i) { return i % 2 ? h("span", { class: "whole" }, part) : part; });
  }
  function card(row) {
    return h("li", { class: "card" },
      h("h4", {}, h("button", { type: "button", onclick: function () { geogrid.choose(row.id); geogrid.zoomToGrid(row.id); } }, heading(row)), kindBadge(row.change)),
      origin(row),
      figures(row));
  }

  // A list, the first of it at once and the rest on request; on paper all of it.
  function listed(things, make, kind) {
    var list = h("ul", { class: kind }, things.slice(0, LONG).map(make));
    var shown = LONG;
    var more = h("button", { type: "button", class: "more", onclick: function () {
      var first = things.slice(shown, (shown += LONG)).map(make).map(function (made) { return list.appendChild(made); })[0];
      first.querySelector("button").focus();
      label();
    } });
    function label() {
      more.hidden = shown >= things.length;
      more.textContent = t("more", { n: number(things.length - shown) });
    }
    label();
    return [list, more];
  }

  // Flows
  function flowOf(from, to) {
    return layers.flows.find(function (flow) { return flow.from === from && flow.to === to; });
  }
  function counts(flow) {
    return [["households", "unitHouseholds"], ["persons", "unitPersons"]].map(function (pair) {
      return known(flow[pair[0]]) ? t(pair[1], { n: number(flow[pair[0]]) }) : "";
    }).filter(Boolean).join(" · ");
  }
  // Where a grid's households are shown, so are all that leave it or come.
  function isCounted(id) {
    var row = geogrid.rowOf(id), k = data.measures.findIndex(function (measure) { return measure.key === "households"; });
    return Boolean(row) && ["before", "after"].some(function (side) { return row[side] && known(row[side][k]); });
  }
  // What may be said of the households on land that goes from one grid to another.
  geogrid.flowText = function (from, to) {
    var flow = flowOf(from, to);
    if (flow) return counts(flow) || t("withheldHouseholds");
    return t(data.office || isCounted(from) || isCounted(to) ? "noHouseholds" : "withheldHouseholds");
  };
  function flowRows(keep) {
    var listedPairs = layers.moved.from.map(function (from, i) { return { from: from, to: layers.moved.to[i], area: layers.moved.area[i] }; });
    layers.flows.forEach(function (flow) {
      if (!listedPairs.some(function (pair) { return pair.from === flow.from && pair.to === flow.to; })) listedPairs.push({ from: flow.from, to: flow.to, area: null });
    });
    return listedPairs.filter(keep || Boolean);
  }
  function flowItem(pair) {
    var lines = [geogrid.flowText(pair.from, pair.to), known(pair.area) ? t("landOf", { area: geogrid.landOf(pair.area) }) : ""].filter(Boolean).join(" · ");
    return h("li", {}, h("button", { type: "button", onclick: function () { geogrid.zoomToLand(pair.from, pair.to); } },
      h("i", { class: "swatch moved", "aria-hidden": "true" }), h("span", { class: "what" }, h("b", {}, geogrid.fromTo(pair.from, pair.to)), h("small", {}, lines))));
  }
  function flows(keep) {
    var rows = flowRows(keep);
    return section(t("flows"), rows.length ? number(rows.length) : "", rows.length ? listed(rows, flowItem, "list") : note(t("noFlows")));
  }

  function moved(measure) {
    var exact = data.totals[measure + "_moved"], least = data.totals[measure + "_moved_at_least"];
    if (known(exact)) return number(exact);
    return least ? t("atLeast", { n: number(least) }) : null;
  }
  function tiles() {
    var rows = [[t("movedHouseholds"), moved("households")], [t("movedPersons"), moved("persons")], [t("changedGrids"), number(layers.rows.length)]];
    return h("dl", { class: "tiles" }, rows.map(function (row) {
      return h("div", {}, h("dt", {}, row[0]), row[1] === null ? h("dd", { class: "withheld" }, t("withheld")) : h("dd", {}, row[1]));
    }));
  }
  function isWithheld() {
    return !data.office && (layers.rows.some(function (row) { return row.withheld; }) || !known(data.totals.households_moved));
  }
  function why() { return isWithheld() ? note(t("withheldWhy", { n: number(data.suppress) })) : null; }
  function banners() {
    return [data.office ? h("p", { class: "banner office" }, t("officeNote")) : null, data.sample ? h("p", { class: "banner" }, t("sampleNote")) : null];
  }
  function facts(rows) {
    return h("ul", { class: "plain" }, rows.map(function (text) { return h("li", {}, whole(pick(text))); }));
  }

  views.changes = function () {
    return [
      banners(),
      h("p", { class: "summary" }, whole(pick(data.summary))),
      tiles(),
      note(t(layers.rows.length ? "chooseGrid" : "noChanges")),
      data.notes.length ? section(t("notes"), "", facts(data.notes)) : null,
      layers.rows.length ? flows() : null,
      layers.rows.length ? section(t("changedGrids"), number(layers.rows.length), listed(layers.rows, card, "cards"), note(t("compactnessWhy"))) : null,
      why(),
    ];
  };
  views.grid = function (id) {
    var row = geogrid.rowOf(id);
    return [
      h("header", { class: "detail" },
        h("button", { type: "button", class: "back", onclick: function () { geogrid.set({ chosen: null }); } }, "‹ ", t("close")),
        h("h2", {}, row ? heading(row) : geogrid.gridName(id)),
        h("p", { class: "where" }, [t("grid"), id].join(" · "), " ", kindBadge(row ? row.change : "same")),
        row ? origin(row) : null),
      row ? [figures(row), inAndOut(row)] : plainDeviation(id),
      row ? flows(function (pair) { return pair.from === id || pair.to === id; }) : null,
      row && row.withheld ? why() : null,
    ];
  };
  function inAndOut(row) {
    var said = [["in", "movedIn"], ["out", "movedOut"]].map(function (pair) { return known(row[pair[0]]) ? t(pair[1], { n: number(row[pair[0]]) }) : ""; });
    return said.some(Boolean) ? h("p", { class: "note" }, said.filter(Boolean).join(" · ")) : null;
  }
  function plainDeviation(id) {
    var i = layers.after.id.indexOf(id), value = i < 0 ? null : layers.after.deviation[i];
    return known(value) ? h("dl", { class: "pairs" }, h("div", {}, h("dt", {}, t("deviation")), h("dd", {}, geogrid.signed(value)))) : null;
  }
  views.about = function () {
    return [
      banners(),
      section(t("method"), "", h("p", {}, t("methodText")), h("p", {}, t("dividerHint")), h("p", {}, t("compactnessWhy"))),
      section(t("data"), "", h("ul", { class: "plain" }, [t("drawing", { n: number(data.tolerance, 1) }), t("crs", { crs: data.crs }), data.osm ? t("osmLong") : "", t(data.office ? "officeNote" : "privacyText"), t("noBasemap")]
        .filter(Boolean).map(function (line) { return h("li", {}, line); }))),
      why(),
      note(t("madeWith", { version: data.version })),
    ];
  };
})();
