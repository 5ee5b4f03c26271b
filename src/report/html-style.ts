/** The page's only style sheet; no colour or size stands anywhere else. */
export const style = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1f2328;--soft:#59636e;--line:#d1d9e0;--card:#f6f8fa;--good:#1a7f37;--bad:#cf222e;
--build:#2f6fd0;--push:#1f9c86;--deploy:#c98a00;--smoke:#8a56c9;--cached:#b3bac2;--ghost:#a3b8d6;--grown:#d9730d}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9198a1;--line:#3d444d;--card:#151b23;--good:#3fb950;--bad:#f85149;
--build:#5a94e8;--push:#35b89f;--deploy:#d9a521;--smoke:#a983e0;--cached:#5b636d;--ghost:#3f5f8f;--grown:#f0883e}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:920px;padding:24px 20px 48px;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:24px;line-height:1.25;margin:0 0 4px}
h2{font-size:16px;margin:32px 0 8px}
p{margin:4px 0}
a{color:var(--build)}
code{font:.88em ui-monospace,"SFMono-Regular",Menlo,"DejaVu Sans Mono",monospace;background:var(--card);border-radius:4px;padding:.1em .3em}
.soft{color:var(--soft)}
.more{color:var(--bad)}.less{color:var(--good)}
.failure{border-left:4px solid var(--bad);background:var(--card);padding:8px 14px;margin:16px 0;border-radius:0 6px 6px 0}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:10px;margin:20px 0 0}
.fact{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
.fact b{display:block;font-size:20px;line-height:1.3}
table{border-collapse:collapse;width:100%}
th,td{padding:6px 8px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{font-weight:600;color:var(--soft);font-size:13px}
td.n{white-space:nowrap}
.n{text-align:right;font-variant-numeric:tabular-nums}
tr.sum td{font-weight:600}
svg{display:block;width:100%;overflow:hidden}
svg text{fill:var(--fg);font-size:12.5px}
svg text.soft,svg tspan.soft{fill:var(--soft)}
svg .grid{stroke:var(--line);stroke-width:1}
.worked,.build{fill:var(--build)}.push{fill:var(--push)}.deploy{fill:var(--deploy)}.smoke{fill:var(--smoke)}
.cached{fill:var(--cached)}.failed{fill:var(--bad)}.ghost{fill:var(--ghost)}.grown{fill:var(--grown)}.past{opacity:.45}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;color:var(--soft)}
.legend svg{display:inline-block;width:10px;height:10px;margin-right:5px}
.trends{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:24px}
ul{padding-left:20px;margin:8px 0}
footer{margin-top:36px;font-size:13px;color:var(--soft)}
@media(max-width:600px){.cards thead{display:none}.cards tr{display:block;border-bottom:1px solid var(--line);padding:6px 0}.cards td{display:inline-block;border:0;padding:2px 12px 2px 0;text-align:left}}
@media(max-width:480px){body{padding:16px 12px 32px}h1{font-size:20px}th,td{padding:5px 4px;font-size:13px}}
`;
