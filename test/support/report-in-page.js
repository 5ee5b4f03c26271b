// Runs in the browser, beside a report that is being checked. TypeScript here knows no DOM.
globalThis.inspectReport = () => ({
  foreign: document.querySelectorAll('body script, img, iframe, form, input, [onerror], [onclick]').length,
  links: [...document.querySelectorAll('a')].map((link) => link.getAttribute('href') ?? ''),
  headings: document.querySelectorAll('h1, h2, h3, h4').length,
  charts: [...document.querySelectorAll('code.language-mermaid')].map((block) => block.textContent),
  cells: [...document.querySelectorAll('table')].map((table) =>
    [...table.rows].map((row) => row.cells.length),
  ),
});

/** How many bars a chart has; throws where Mermaid cannot read it. */
globalThis.countBars = async (text) => {
  const { mermaid } = globalThis;
  mermaid.initialize({ startOnLoad: false, securityLevel: 'loose' });
  const { svg } = await mermaid.render('counted', text);
  const place = document.createElement('div');
  place.innerHTML = svg;
  return place.querySelectorAll('rect.task').length;
};

/** Draws each chart with the real library in place of its text; returns how many bars each has. */
globalThis.drawCharts = async () => {
  const { mermaid } = globalThis;
  // The laxest level: what is safe here is safe on GitHub.
  mermaid.initialize({ startOnLoad: false, securityLevel: 'loose' });
  const bars = [];
  for (const [index, block] of [...document.querySelectorAll('code.language-mermaid')].entries()) {
    const details = block.closest('details');
    if (details) details.open = true;
    const { svg } = await mermaid.render(`chart-${index}`, block.textContent);
    const place = document.createElement('div');
    place.innerHTML = svg;
    block.parentElement?.replaceWith(place);
    bars.push(place.querySelectorAll('rect.task').length);
    if (place.querySelector('a, script, foreignObject')) throw new Error('a chart holds more than a drawing');
  }
  return bars;
};
