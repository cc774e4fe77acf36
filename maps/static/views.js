// What the panel shows: five tabs, and the details of a grid or an area.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data;
  var layers = data.layers;
  var t = geogrid.t, h = geogrid.h, pick = geogrid.pick;
  var LONG = 60, SHORT = 5;
  var DEFECT = { shape: "triangle", colour: data.style.lines.defect.color };
  var views = (geogrid.views = {});

  function known(value) { return value !== null && value !== undefined; }
  function at(column, i) { return column ? column[i] : null; }

  // Where a grid or area lies: the names of its areas, from the smallest.
  geogrid.pathOf = function (kind, index) {
    var names = [], seen = [];
    for (var up = layers[kind].parent[index]; up >= 0 && seen.indexOf(up) < 0; up = layers.areas.parent[up]) {
      names.push(layers.areas.name[up]);
      seen.push(up);
    }
    return names.join(" · ");
  };

  // The counts of a grid, an area or the whole place, as one kind of object.
  function figures(kind, i) {
    var table = layers[kind];
    return {
      hidden: table.hidden[i],
      has: function (m) { return known(table[m]); },
      measure: function (m) { return at(table[m], i); },
      cover: function (service, column) { return at((table.cover[service] || {})[column], i); },
    };
  }
  var total = {
    hidden: data.total.hidden,
    has: function () { return true; },
    measure: function (m) { return data.total[m]; },
    cover: function (service, column) { return (data.total.cover[service] || {})[column]; },
  };

  function section(title, hint) {
    var children = Array.prototype.slice.call(arguments, 2);
    return h("section", {}, h("h3", {}, title, hint ? h("small", {}, hint) : null), children);
  }
  function note(text) { return text ? h("p", { class: "note" }, text) : null; }
  function whyWithheld() { return note(t("withheldWhy", { n: data.suppress })); }

  function tiles(of, extra) {
    var rows = data.measures.filter(function (m, i) { return i < 2 || of.has(m); })
      .map(function (m) { return [t(m), geogrid.count(of.measure(m), of.hidden)]; });
    return h("dl", { class: "tiles" }, rows.concat(extra || []).map(function (row) {
      return h("div", {}, h("dt", {}, row[0]), h("dd", { class: row[1] === t("withheld") ? "withheld" : "" }, row[1]));
    }));
  }

  function serviceIds() {
    return data.services.map(function (s) { return s.id; }).concat(data.all ? ["all"] : []);
  }

  function bar(of, service, share) {
    var box = h("div", { class: "track", "aria-hidden": "true" });
    var counts = ["covered", "uncovered", "unreached"].map(function (part) { return of.cover(service, part); });
    var sum = counts.reduce(function (a, b) { return a + (b || 0); }, 0);
    var whole = counts.every(known) && sum > 0 && geogrid.state.when === "now";
    var parts = whole ? counts.map(function (n) { return n / sum; }) : [known(share) ? share / 10000 : 0, 0, 0];
    ["covered", "uncovered", "unreached"].forEach(function (part, i) {
      if (!parts[i]) return;
      var piece = h("i");
      piece.style.width = 100 * parts[i] + "%";
      piece.style.backgroundColor = data.style.bars[part];
      box.appendChild(piece);
    });
    if (!known(share)) box.classList.add("hatched");
    return box;
  }

  function coverageRow(of, service) {
    var later = geogrid.state.when === "later";
    var now = of.cover(service, "share"), then = of.cover(service, "later");
    var share = later ? then : now;
    var number = data.services.findIndex(function (s) { return s.id === service; });
    var empty = of.measure("households") === 0;
    var text = known(share) ? geogrid.percent(share) : empty ? t("noHouseholds") : t("withheld");
    var parts = ["covered", "uncovered", "unreached"].filter(function (part) { return known(of.cover(service, part)) && (part !== "unreached" || of.cover(service, part)); })
      .map(function (part) { return t(part) + " " + geogrid.number(of.cover(service, part)); });
    var more = later ? "" : known(then) && then !== now ? t("laterShare", { n: geogrid.percent(then) }) : "";
    var limit = data.walked || number < 0 ? "" : t("limitBy", { min: geogrid.number(data.services[number].cutoff, 1), by: pick(data.services[number].by) });
    return h("li", { class: geogrid.state.service === service ? "current" : "" },
      h("button", { type: "button", onclick: function () { geogrid.set({ service: service }); } },
        h("span", { class: "line" }, number >= 0 ? geogrid.symbolPicture(data.services[number]) : h("span", { class: "symbol every", "aria-hidden": "true" }, "∑"),
          h("span", { class: "what" }, geogrid.serviceName(service)), h("strong", { class: known(share) ? "" : "withheld" }, text)),
        bar(of, service, share),
        h("span", { class: "small" }, h("span", {}, [limit].concat(later ? [] : parts).filter(Boolean).join(" · ")), h("span", {}, more))));
  }

  function coverage(of) {
    return section(t("coverage"), t("coverageHint"), h("ul", { class: "coverage" }, serviceIds().map(function (s) { return coverageRow(of, s); })));
  }

  // A list, the first of it at once and the rest on request.
  function listed(things, make, empty) {
    if (!things.length) return note(empty);
    var list = h("ul", { class: "list" }, things.slice(0, LONG).map(make));
    var shown = LONG;
    var more = h("button", { type: "button", class: "more", onclick: function () {
      var first = things.slice(shown, (shown += LONG)).map(make).map(function (made) { return list.appendChild(made); })[0];
      first.firstChild.focus();
      label();
    } });
    function label() {
      more.hidden = shown >= things.length;
      more.textContent = t("more", { n: geogrid.number(things.length - shown) });
    }
    label();
    return [list, more];
  }
  function item(head, lines, act, mark) {
    return h("li", {}, h("button", { type: "button", onclick: act }, mark || null,
      h("span", { class: "what" }, h("b", {}, head), lines.filter(Boolean).map(function (line) { return h("small", {}, line); }))));
  }

  // Grids
  function shareMark(grid) {
    var share = geogrid.shareOf(grid);
    var mark = h("span", { class: "share" + (known(share) ? "" : " hatched withheld") }, known(share) ? geogrid.percent(share)
      : layers.grids.households && layers.grids.households[grid] === 0 ? "—" : t("withheld"));
    if (known(share)) mark.style.borderColor = geogrid.faded(data.style.classes[geogrid.classOf(share)].colour);
    return mark;
  }
  function gridItem(grid) {
    var households = at(layers.grids.households, grid);
    var lines = [geogrid.pathOf("grids", grid), known(households) ? t("unitHouseholds", { n: geogrid.number(households) }) : ""].filter(Boolean).join(" · ");
    return item(layers.grids.name[grid], [lines], function () { geogrid.choose("grids", grid, { zoom: true }); }, shareMark(grid));
  }
  function byShare(grids) {
    return grids.slice().sort(function (a, b) {
      var x = geogrid.shareOf(a), y = geogrid.shareOf(b);
      return (known(x) ? x : 1e6) - (known(y) ? y : 1e6) || a - b;
    });
  }
  var every = layers.grids.name.map(function (_, i) { return i; });

  // Gaps
  function rounded(gap) {
    if (layers.gaps.hidden[gap]) return t("gapUncounted");
    return [["households", "aboutHouseholds"], ["persons", "aboutPersons"]].map(function (pair) {
      var n = at(layers.gaps[pair[0]], gap);
      return known(n) ? t(pair[1], { n: geogrid.number(n) }) : pair[0] === "households" ? t("households") + " " + t("withheld") : "";
    }).filter(Boolean).join(" · ");
  }
  function nearest(gap) {
    var gaps = layers.gaps;
    return gaps.nearest[gap] ? t("nearest", { name: gaps.nearest[gap], minutes: geogrid.minutes(gaps.minutes[gap]) }) : t("nearestNone");
  }
  function gapTitle(gap) {
    var grids = layers.gaps.grids[gap];
    var names = grids.slice(0, 3).map(function (g) { return layers.grids.name[g]; }).join(geogrid.lang === "zh" ? "、" : ", ") + (grids.length > 3 ? "…" : "");
    return names || t("gap", { n: layers.gaps.rank[gap] });
  }
  function gapItem(gap) {
    var gaps = layers.gaps;
    var service = geogrid.state.service === "all" && gaps.service[gap] !== "all" ? geogrid.serviceName(gaps.service[gap]) + " · " : "";
    return item(gapTitle(gap), [service + rounded(gap), nearest(gap)], function () { geogrid.showGap(gap); }, service ? gapService(gap) : h("span", { class: "rank" }, known(gaps.rank[gap]) ? gaps.rank[gap] : "–"));
  }
  // Among the gaps of several services a rank, which counts one service's, would mislead: the service's symbol instead.
  function gapService(gap) {
    var service = data.services.find(function (s) { return s.id === layers.gaps.service[gap]; });
    return service ? geogrid.symbolPicture(service) : null;
  }
  // Show a gap on the map; in a folded layout the panel makes way.
  geogrid.showGap = function (gap) {
    var changes = { layers: Object.assign({}, geogrid.state.layers, { gaps: true }) };
    if (geogrid.state.service !== "all" && geogrid.state.service !== layers.gaps.service[gap]) changes.service = layers.gaps.service[gap];
    if (geogrid.isFolding()) changes.open = false;
    geogrid.set(changes);
    geogrid.pointOut("gaps", gap);
  };
  function gapNotes() {
    var hidden = geogrid.gapsHidden();
    return [note(t("gapsNow")), hidden ? note(t("gapHidden", { n: hidden })) : null];
  }

  // Defects
  function defectLines(i) {
    var defects = layers.defects;
    var where = defects.grids[i].map(function (g) { return layers.grids.name[g]; }).join(geogrid.lang === "zh" ? "、" : ", ");
    return [where, t("squareMetres", { n: geogrid.number(defects.area[i], defects.area[i] < 100 ? 2 : 0) }) + " · " + t("width", { n: geogrid.distance(defects.width[i]) })];
  }
  function defectItem(i) {
    return item(kindOf(i), defectLines(i), function () {
      var changes = { layers: Object.assign({}, geogrid.state.layers, { defects: true }) };
      if (geogrid.isFolding()) changes.open = false;
      geogrid.set(changes);
      geogrid.pointOut("defects", i);
    }, geogrid.symbolPicture(DEFECT));
  }
  function kindOf(i) {
    var kind = layers.defects.kind[i];
    return data.style.kinds[kind] ? pick(data.style.kinds[kind]) : kind;
  }

  // Facilities
  function statusOf(i) {
    var status = layers.facilities.status[i];
    return data.style.statuses[status] ? pick(data.style.statuses[status]) : status;
  }
  function facilityLines(i) {
    var facilities = layers.facilities;
    var names = facilities.services[i].map(function (s) { return pick(data.services[s].name); }).join(geogrid.lang === "zh" ? "、" : ", ");
    var floor = at(facilities.floor, i);
    return [names + " · " + statusOf(i), known(floor) ? t("squareMetres", { n: geogrid.number(floor) }) : ""];
  }
  function facilityItem(i) {
    var symbol = data.services[layers.facilities.services[i][0]];
    return item(layers.facilities.name[i], [facilityLines(i).filter(Boolean).join(" · ")], function () {
      if (geogrid.isFolding()) geogrid.set({ open: false });
      geogrid.pointOut("facilities", i);
    }, symbol ? geogrid.symbolPicture(symbol, geogrid.isPlanned(i)) : null);
  }
  function facilitiesIn(grids) {
    return layers.facilities.grid.map(function (_, i) { return i; }).filter(function (i) { return grids.indexOf(layers.facilities.grid[i]) >= 0; });
  }

  // Tabs
  views.overview = function () {
    var worst = byShare(every).filter(function (g) { return known(geogrid.shareOf(g)); }).slice(0, SHORT);
    var gaps = geogrid.gapsShown();
    return [
      data.sample ? h("p", { class: "banner" }, t("sampleNote")) : null,
      tiles(total, [[t("gridCount"), geogrid.number(every.length)], [t("facilityCount"), geogrid.number(layers.facilities.name.length)]]),
      note(t("chooseGrid")),
      coverage(total),
      section(t("worstGrids"), geogrid.serviceName(geogrid.state.service), listed(worst, gridItem, t("noGrids"))),
      section(t("largestGaps"), geogrid.serviceName(geogrid.state.service), listed(gaps.slice(0, SHORT), gapItem, t("noGaps"))),
      whyWithheld(),
    ];
  };
  views.grids = function () {
    var sorted = byShare(every);
    return [
      section(t("grids"), t("sortedBy", { service: geogrid.serviceName(geogrid.state.service) }), listed(sorted, gridItem, t("noGrids"))),
      whyWithheld(),
    ];
  };
  views.findings = function () {
    var defects = layers.defects.kind.map(function (_, i) { return i; });
    var gaps = geogrid.gapsShown();
    var title = t("gapsOf", { service: geogrid.serviceName(geogrid.state.service) });
    var parts = [
      section(title, gaps.length ? geogrid.number(gaps.length) : "", gapNotes(), listed(gaps, gapItem, t("noGaps"))),
      section(t("defects"), defects.length ? geogrid.number(defects.length) : "", listed(defects, defectItem, t("noDefects"))),
    ];
    // A long list of gaps must not hide that there are defects.
    var jump = defects.length && gaps.length > SHORT ? h("p", {}, h("button", { type: "button", class: "more jump", onclick: function () {
      parts[1].scrollIntoView();
      parts[1].querySelector("button").focus({ preventScroll: true });
    } }, geogrid.symbolPicture(DEFECT), t("toDefects", { n: geogrid.number(defects.length) }))) : null;
    return [
      jump,
      parts,
      whyWithheld(),
    ];
  };
  views.layers = function () {
    function box(label, checked, change) {
      var input = h("input", { type: "checkbox", onchange: function () { change(input.checked); } });
      input.checked = checked;
      return h("li", {}, h("label", {}, input, h("span", {}, label)));
    }
    var state = geogrid.state;
    var boxes = data.style.layers.map(function (layer) {
      return box(pick(layer.label), state.layers[layer.key], function (on) {
        var changed = {};
        changed[layer.key] = on;
        geogrid.set({ layers: Object.assign({}, state.layers, changed) });
      });
    });
    boxes.push(box(t("otherFacilities"), state.others, function (on) { geogrid.set({ others: on }); }));
    return [
      section(t("layers"), "", h("ul", { class: "checks" }, boxes), note(t(data.walked ? "radiusNote" : "radiusTravel"))),
      section(t("symbols"), "", h("ul", { class: "signs" }, data.services.map(function (s) { return h("li", {}, geogrid.symbolPicture(s), h("span", {}, geogrid.title(s.name))); })),
        h("ul", { class: "signs" }, [["built", false], ["planned", true]].map(function (pair) {
          return h("li", {}, geogrid.symbolPicture({ shape: "circle", colour: "#33424d" }, pair[1]), h("span", {}, t(pair[0])));
        }))),
    ];
  };
  function method() {
    if (data.walked) return t("methodText", { speed: geogrid.number(data.speed, 1) });
    return t("methodTravel", { speeds: data.modes.map(function (m) {
      return t("paceOf", { by: pick(m.by), speed: geogrid.number(m.speed, 1) });
    }).join(geogrid.lang === "zh" ? "、" : ", ") });
  }
  function cutoff(s) {
    return t(data.walked ? "cutoffRow" : "cutoffRowBy", { min: geogrid.number(s.cutoff, 1), by: pick(s.by), radius: geogrid.distance(s.radius) });
  }
  views.about = function () {
    return [
      data.sample ? h("p", { class: "banner" }, t("sampleNote")) : null,
      section(t("method"), "", h("p", {}, method()), h("p", {}, t(data.walked ? "unreachedWhy" : "unreachedTravel", { n: geogrid.number(data.snap) }))),
      section(t("cutoffs"), "", h("dl", { class: "pairs" }, data.services.map(function (s) {
        return h("div", {}, h("dt", {}, geogrid.title(s.name)), h("dd", {}, cutoff(s),
          s.source ? h("small", {}, t("source", { text: pick(s.source) })) : null));
      }))),
      section(t("data"), "", h("ul", { class: "plain" }, data.inputs.map(function (row) {
        return h("li", {}, t("dataRow", { table: geogrid.t("table_" + row.table), good: geogrid.number(row.good), rejected: geogrid.number(row.rejected) }));
      })), h("p", {}, t("crs", { crs: data.crs })), h("p", {}, t("noBasemap")), data.osm ? h("p", {}, t("osmLong")) : null),
      data.notes.length ? section(t("notes"), "", h("ul", { class: "plain" }, data.notes.map(function (text) { return h("li", {}, pick(text)); }))) : null,
      section(t("privacy"), "", h("p", {}, t("privacyText")), whyWithheld(), note(t("gapsRounded"))),
      note(t("madeWith", { version: data.version })),
    ];
  };

  // Details of a grid or an area
  function fieldRows(kind, i) {
    var fields = layers[kind].fields;
    return Object.keys(data.style.fields).filter(function (f) { return fields[f] && fields[f][i]; }).map(function (f) {
      var value = fields[f][i];
      if (f === "kind" && data.style.kindValues[value]) value = pick(data.style.kindValues[value]);
      return h("div", {}, h("dt", {}, pick(data.style.fields[f])), h("dd", {}, value));
    });
  }
  function deviation(grid) {
    var value = at(layers.grids.deviation, grid);
    if (!known(value)) return [];
    var sign = value > 0 ? "+" : value < 0 ? "−" : "";
    var range = at(layers.grids.in_range, grid);
    return [h("div", {}, h("dt", {}, t("deviation")), h("dd", {}, sign + geogrid.number(Math.abs(value) / 10, 1) + "% ",
      known(range) ? h("span", { class: "badge " + (range ? "good" : "bad") }, t(range ? "inRange" : "outOfRange")) : null))];
  }
  geogrid.detailView = function (chosen) {
    var kind = chosen.kind, i = chosen.index;
    var of = figures(kind, i);
    var inside = kind === "grids" ? [i] : every.filter(function (g) { return isUnder(g, i); });
    var gaps = geogrid.gapsShown().filter(function (gap) { return layers.gaps.grids[gap].some(function (g) { return inside.indexOf(g) >= 0; }); });
    var facilities = facilitiesIn(inside);
    var facts = kind === "grids" ? deviation(i).concat(fieldRows(kind, i)) : fieldRows(kind, i);
    return [
      h("header", { class: "detail" },
        h("button", { type: "button", class: "back", onclick: function () { geogrid.set({ chosen: null }); } }, "‹ ", t("close")),
        h("h2", {}, layers[kind].name[i]),
        h("p", { class: "where" }, [t(kind === "grids" ? "grid" : "area"), layers[kind].id[i], geogrid.pathOf(kind, i)].filter(Boolean).join(" · "))),
      tiles(of),
      facts.length ? h("dl", { class: "pairs" }, facts) : null,
      coverage(of),
      gaps.length ? section(t(kind === "grids" ? "gapsInGrid" : "gapsInArea"), geogrid.serviceName(geogrid.state.service), listed(gaps, gapItem, "")) : null,
      kind === "areas" ? section(t("gridsInArea"), String(inside.length), listed(byShare(inside), gridItem, t("noGrids"))) : null,
      section(t(kind === "grids" ? "facilitiesInGrid" : "facilitiesInArea"), String(facilities.length), listed(facilities, facilityItem, t("noFacilities"))),
      of.hidden ? whyWithheld() : null,
    ];
  };
  function isUnder(grid, area) {
    for (var up = layers.grids.parent[grid], steps = 0; up >= 0 && steps < 20; up = layers.areas.parent[up], steps++) if (up === area) return true;
    return false;
  }

  // The tooltip of a thing on the map.
  geogrid.tip = function (thing) {
    var i = thing.index;
    var made = {
      grids: function () {
        var share = geogrid.shareOf(i);
        var text = known(share) ? geogrid.percent(share) : at(layers.grids.households, i) === 0 ? t("noHouseholds") : t("withheld");
        var why = text === t("withheld") ? t("withheldShort") : "";
        return [layers.grids.name[i], geogrid.serviceName(geogrid.state.service) + " " + text, why, geogrid.pathOf("grids", i)];
      },
      facilities: function () { return [layers.facilities.name[i]].concat(facilityLines(i)); },
      gaps: function () {
        var service = layers.gaps.service[i];
        return [t("gapOf", { service: geogrid.serviceName(service) }), rounded(i), nearest(i)];
      },
      defects: function () { return [kindOf(i)].concat(defectLines(i)); },
    }[thing.kind]();
    return h("div", {}, h("b", {}, made[0]), made.slice(1).filter(Boolean).map(function (line) { return h("span", {}, line); }));
  };
})();
