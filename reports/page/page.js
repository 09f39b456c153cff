(function () {
  "use strict";
  var store = JSON.parse(document.getElementById("store").textContent);
  var rows = {};

  function rowsOf(name) {
    if (!rows[name]) {
      var columns = store.data[name], names = Object.keys(columns);
      var count = names.length ? columns[names[0]].length : 0;
      rows[name] = Array.from({ length: count }, function (_, i) {
        var row = {};
        names.forEach(function (key) { row[key] = columns[key][i]; });
        return row;
      });
    }
    return rows[name];
  }

  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var printing = false;

  function config() {
    var night = dark.matches && !printing;
    var ink = night ? "#e9e9ec" : "#1b1b1f", soft = night ? "#b3b4bb" : "#55565e";
    var line = night ? "#34353b" : "#e4e5e9";
    var font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
    return {
      background: "transparent", font: font,
      view: { stroke: null },
      axis: { labelColor: soft, titleColor: soft, gridColor: line, domainColor: line,
              tickColor: line, titleFontWeight: "normal", labelFontSize: 11.5, titleFontSize: 12.5,
              titlePadding: 8 },
      legend: { labelColor: ink, titleColor: soft, titleFontWeight: "normal", labelFontSize: 12,
                titleFontSize: 12.5 },
      header: { labelColor: ink, titleColor: soft, titleFontWeight: "normal", labelFontSize: 12.5,
                titleFontSize: 12.5, labelLimit: 420 },
      title: { color: ink }, text: { color: ink }
    };
  }

  // Fits a chart into a width: panels in rows, names in lines, legends in columns. `room` is
  // what the axis takes beside a panel, or beside a row of panels that share it.
  function fit(spec, width, room) {
    var GAP = 20, LEAST = 60, picture = spec.usermeta || {}, least = picture.least || 200;
    if (picture.bare) { room = 0; }
    var pen = document.createElement("canvas").getContext("2d");
    pen.font = "12.5px system-ui, sans-serif";

    function size(words) { return pen.measureText(words).width; }
    function lines(words, width) {
      var made = [], wide = "\u3000-\u9fff\uff00-\uffef";
      words.split("\n").forEach(function (line) {
        made.push("");
        var parts = line.match(new RegExp("[" + wide + "]|[^\\s" + wide + "]+\\s*", "g")) || [];
        parts.forEach(function (part) {
          var longer = made[made.length - 1] + part;
          if (made[made.length - 1] && size(longer.trim()) > width) { made.push(part); }
          else { made[made.length - 1] = longer; }
        });
      });
      return made.length > 1 ? made.map(function (line) { return line.trim(); }) : words;
    }
    function channels(part, width, legends, height) {
      var encoding = part.encoding || {}, x = encoding.x, y = encoding.y, scale, legend, widest;
      var high = part.height || height || 300;
      if (y && y.axis && typeof y.axis.title === "string") {
        y.axis.title = lines(y.axis.title, high);
      } else if (y && typeof y.title === "string") { y.title = lines(y.title, high); }
      if (x && x.axis && typeof x.axis.title === "string") {
        x.axis.title = lines(x.axis.title, width);
      } else if (x && typeof x.title === "string") { x.title = lines(x.title, width); }
      ["color", "shape", "strokeDash"].forEach(function (name) {
        legend = encoding[name] && encoding[name].legend;
        scale = encoding[name] && encoding[name].scale;
        if (!legend || !scale || !scale.domain || typeof scale.domain[0] !== "string") { return; }
        widest = Math.max.apply(null, scale.domain.map(size)) + 34;
        legend.columns = Math.max(1, Math.min(scale.domain.length, Math.floor(legends / widest)));
        legend.labelLimit = legends - 34;
      });
      (part.layer || []).forEach(function (layer) { channels(layer, width, legends, high); });
    }
    function beside(part) {
      var names = part.encoding && part.encoding.y && part.encoding.y.sort;
      var sizes = (part.layer || []).map(beside).concat(Array.isArray(names) ? names.map(size) : 0);
      return Math.min(220, Math.max.apply(null, sizes));
    }
    function across(count, whole, each) {
      var most = Math.max(1, Math.floor((whole + GAP) / (each + GAP)));
      return Math.ceil(count / Math.ceil(count / Math.min(count, most)));
    }

    function dashed(part) {
      var dash = part.encoding && part.encoding.strokeDash;
      var inner = (part.layer || []).concat(part.concat || [], part.hconcat || [], part.spec || []);
      return Boolean(dash && dash.legend) || inner.some(dashed);
    }

    var legends = width < 640 || !dashed(spec) ? width : width - 190;  // a second one beside it
    var parts = spec.concat || spec.hconcat, facet = spec.spec && spec.facet, header;
    if (spec.vconcat) { spec.vconcat.forEach(function (part) { fit(part, width, room); }); }
    else if (parts) {
      spec.columns = across(parts.length, width, least + room);
      spec.concat = parts;
      delete spec.hconcat;
      parts.forEach(function (part) {
        part.width = Math.max(LEAST, Math.floor((width + GAP) / spec.columns - GAP - room));
        channels(part, part.width, legends);
      });
    } else if (facet && facet.sort) {
      spec.columns = across(facet.sort.length, width - room, least);
      spec.spec.width = Math.max(LEAST, Math.floor((width - room + GAP) / spec.columns - GAP));
      if (picture.aspect) {  // a picture keeps its shape, and does not grow beyond its size
        spec.spec.width = Math.min(spec.spec.width, picture.most);
        spec.spec.height = Math.round(picture.aspect * spec.spec.width);
      }
      header = facet.header = facet.header || {};
      header.labelLimit = spec.spec.width;
      header.labelExpr = JSON.stringify(facet.sort.reduce(function (named, name) {
        named[name] = lines(name, spec.spec.width);
        return named;
      }, {})) + "[datum.label]";
      if (facet.sort.length % spec.columns) { spec.resolve = { axis: { x: "independent" } }; }
      channels(spec.spec, spec.spec.width, legends);
    } else {
      if (spec.width !== "container") { spec.width = Math.max(LEAST, width - room); }
      channels(spec, width - Math.max(room, beside(spec) + 20), legends);
    }
    var paper = dark.matches && !printing ? "#16171a" : "#ffffff";
    spec.config = { style: { halo: { fill: paper, stroke: paper, strokeWidth: 7, strokeJoin: "round" } } };
    if (width < 640) { spec.config.legend = { layout: { top: { direction: "vertical" } } }; }
  }

  function draw(element, room) {
    var spec = JSON.parse(JSON.stringify(store.specs[element.dataset.chart]));
    var first = typeof room !== "number", width = element.clientWidth;
    fit(spec, width, first ? 64 : room);
    var names = [];
    (function find(part) {
      if (part && typeof part === "object") {
        if (part.data && part.data.name && names.indexOf(part.data.name) < 0) {
          names.push(part.data.name);
        }
        Object.keys(part).forEach(function (key) { find(part[key]); });
      }
    })(spec);
    spec.datasets = {};
    names.forEach(function (name) { spec.datasets[name] = rowsOf(name); });
    element.dataset.drawn = width;
    return window.vegaEmbed(element, spec, {
      mode: "vega-lite", ast: true, renderer: "svg", config: config(),
      tooltip: { theme: dark.matches ? "dark" : "light" },
      downloadFileName: element.dataset.chart,
      actions: { export: true, source: false, compiled: false, editor: false }
    }).then(function () {
      var svg = element.querySelector("svg"), excess = svg ? svg.clientWidth - width : 0;
      if (first && excess > 0 && (spec.columns || spec.width !== "container")) {
        return draw(element, 68 + excess);
      }
      if (svg) {
        if (excess > 0) { svg.style.width = "100%"; svg.style.height = "auto"; }  // long names
        svg.setAttribute("role", "img");
        svg.setAttribute("aria-label", element.dataset.label);
        svg.querySelectorAll("[role], [aria-label]").forEach(function (mark) {
          mark.removeAttribute("role");  // a picture is one thing; its numbers stand below it
          mark.removeAttribute("aria-label");
          mark.removeAttribute("aria-roledescription");
        });
      }
      var menu = element.querySelector("summary");
      if (menu) { menu.setAttribute("aria-label", store.words.save); }
    }).catch(function (error) {
      element.textContent = store.words.undrawn + " " + error.message;
      console.error(error);
    });
  }

  var charts = Array.from(document.querySelectorAll("[data-chart]"));

  function drawAll(all) {
    return Promise.all(charts.filter(function (c) { return all || !c.dataset.drawn; }).map(function (c) { return draw(c); }));
  }

  if ("IntersectionObserver" in window) {
    var observer = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (entry.isIntersecting) { observer.unobserve(entry.target); draw(entry.target); }
      });
    }, { rootMargin: "800px" });
    charts.forEach(function (chart) { observer.observe(chart); });
  } else {
    drawAll(false);
  }
  function redraw() { charts.filter(function (c) { return c.dataset.drawn; }).forEach(function (c) { draw(c); }); }
  dark.addEventListener("change", redraw);
  if ("ResizeObserver" in window) {
    var resized = new ResizeObserver(function (entries) {
      entries.forEach(function (entry) {
        var chart = entry.target, drawn = Number(chart.dataset.drawn);
        if (drawn && Math.abs(drawn - chart.clientWidth) > 8) { draw(chart); }
      });
    });
    charts.forEach(function (chart) { resized.observe(chart); });
  }
  window.addEventListener("beforeprint", function () { printing = true; drawAll(true); });
  window.addEventListener("afterprint", function () { printing = false; redraw(); });

  document.querySelectorAll("details.data").forEach(function (details) {
    details.addEventListener("toggle", function () {
      var place = details.querySelector("[data-table]");
      if (!details.open || place.firstChild) { return; }
      var data = rowsOf(place.dataset.table), table = document.createElement("table");
      var names = Object.keys(store.data[place.dataset.table]).filter(function (name) {
        return name !== "uri";  // a picture is no number
      });
      function add(parent, tag, cells) {
        var row = parent.insertRow();
        cells.forEach(function (text) {
          var cell = document.createElement(tag);
          cell.textContent = text === null || text === undefined ? "–" : String(text);
          row.appendChild(cell);
        });
      }
      add(table.createTHead(), "th", names);
      var body = table.createTBody();
      data.slice(0, 500).forEach(function (row) {
        add(body, "td", names.map(function (name) { return row[name]; }));
      });
      place.appendChild(table);
    });
  });

  document.querySelectorAll("table.sortable").forEach(function (table) {
    var heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach(function (head, index) {
      head.querySelector("button").addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var body = table.tBodies[0];
        var keyed = Array.from(body.rows).map(function (row) {
          return { row: row, key: row.cells[index].dataset.key };
        });
        keyed.sort(function (a, b) {
          var x = parseFloat(a.key), y = parseFloat(b.key);
          var both = !isNaN(x) && !isNaN(y), order;
          if (both) { order = x - y; }
          else if (a.key === "nan" || b.key === "nan") {
            return (a.key === "nan") - (b.key === "nan");
          } else { order = a.key.localeCompare(b.key); }
          return down ? -order : order;
        });
        keyed.forEach(function (item) { body.appendChild(item.row); });
      });
    });
  });
})();
