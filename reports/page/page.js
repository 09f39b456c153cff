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

  function draw(element) {
    var spec = JSON.parse(JSON.stringify(store.specs[element.dataset.chart]));
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
    element.dataset.drawn = "yes";
    return window.vegaEmbed(element, spec, {
      mode: "vega-lite", ast: true, renderer: "svg", config: config(),
      tooltip: { theme: dark.matches ? "dark" : "light" },
      downloadFileName: element.dataset.chart,
      actions: { export: true, source: false, compiled: false, editor: false }
    }).then(function () {
      var svg = element.querySelector("svg");
      if (svg) { svg.setAttribute("aria-label", element.getAttribute("aria-label")); }
    }).catch(function (error) {
      element.textContent = store.words.undrawn + " " + error.message;
      console.error(error);
    });
  }

  var charts = Array.from(document.querySelectorAll("[data-chart]"));

  function drawAll(all) {
    return Promise.all(charts.filter(function (c) { return all || !c.dataset.drawn; }).map(draw));
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
  function redraw() { charts.filter(function (c) { return c.dataset.drawn; }).forEach(draw); }
  dark.addEventListener("change", redraw);
  window.addEventListener("beforeprint", function () { printing = true; drawAll(true); });
  window.addEventListener("afterprint", function () { printing = false; redraw(); });

  document.querySelectorAll("details.data").forEach(function (details) {
    details.addEventListener("toggle", function () {
      var place = details.querySelector("[data-table]");
      if (!details.open || place.firstChild) { return; }
      var data = rowsOf(place.dataset.table), table = document.createElement("table");
      var names = Object.keys(store.data[place.dataset.table]);
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
