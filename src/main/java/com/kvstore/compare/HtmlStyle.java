package com.kvstore.compare;

/** How the page looks, by day and by night. */
final class HtmlStyle {
    static final String TEXT = """
            :root { color-scheme: light dark;
              --paper: #fbfaf8; --card: #ffffff; --ink: #1d2330; --soft: #5c6474; --rule: #e3e1dc; --alarm: #c2410c;
              --ring: #2563c9; --pb: #0c8a68; --to: #c76a08; --ev: #8b3fb8; }
            @media (prefers-color-scheme: dark) { :root {
              --paper: #14171d; --card: #1b1f27; --ink: #e8eaee; --soft: #9aa3b2; --rule: #2e343f; --alarm: #fb923c;
              --ring: #6ea3f8; --pb: #3ecf9f; --to: #f0a04b; --ev: #c58af0; } }
            * { box-sizing: border-box; }
            body { margin: 0; background: var(--paper); color: var(--ink);
              font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
            main { max-width: 1060px; margin: 0 auto; padding: 40px 24px 64px; }
            h1 { font-size: 32px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
            h2 { font-size: 21px; margin: 0 0 4px; }
            header p, .lead { color: var(--soft); margin: 0 0 16px; max-width: 76ch; }
            section { margin-top: 44px; }
            svg { display: block; width: 100%; height: auto; }
            .legend { list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr));
              gap: 4px 24px; margin: 0; padding: 0; color: var(--soft); }
            .legend b { color: var(--ink); }
            .key { display: inline-block; width: 11px; height: 11px; border-radius: 50%; margin-right: 8px; }
            .ring { --c: var(--ring); } .primary-backup { --c: var(--pb); }
            .total-order { --c: var(--to); } .eventual { --c: var(--ev); }
            .key { background: var(--c); } b.ring, b.primary-backup, b.total-order, b.eventual { color: var(--c); }
            section > svg, figure { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
            section > svg { padding: 14px 10px 6px; }
            figure { margin: 0; padding: 16px 16px 10px; }
            figcaption { color: var(--soft); margin-bottom: 8px; } figcaption b { color: var(--ink); margin-right: 6px; }
            .grid2 { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(460px, 100%), 1fr)); gap: 20px; }
            .grid { stroke: var(--rule); } .line { fill: none; stroke: var(--c); stroke-width: 2.6;
              stroke-linejoin: round; stroke-linecap: round; }
            .dot { fill: var(--c); stroke: var(--card); stroke-width: 1.5; } .area { fill: var(--c); fill-opacity: 0.75; }
            .tick, .axis, .killed { font-size: 12px; fill: var(--soft); } .name { font-size: 13px; font-weight: 600; fill: var(--c); }
            .value { font-weight: 400; fill: var(--soft); }
            rect.pause { fill: var(--alarm); fill-opacity: 0.13; } .kill { stroke: var(--alarm); stroke-width: 2; }
            .killed { fill: var(--alarm); font-weight: 600; }
            p.pause { margin: 0 0 4px; } p.pause b { font-size: 26px; } p.pause span, .verdict span { color: var(--soft); }
            dl { display: grid; grid-template-columns: 1fr 1fr; gap: 2px 24px; margin: 10px 0; font-size: 14px; }
            dl div { display: flex; justify-content: space-between; border-bottom: 1px solid var(--rule); padding: 2px 0; }
            dt { color: var(--soft); } dd { margin: 0; font-variant-numeric: tabular-nums; }
            .verdict { margin: 6px 0 4px; font-size: 14px; } .good { color: var(--pb); } .bad { color: var(--alarm); }
            .scroll { overflow-x: auto; }
            table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; margin-top: 10px; }
            th, td { text-align: right; padding: 5px 7px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
            th { color: var(--soft); font-weight: 600; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
            .sub th { font-weight: 400; font-size: 12px; text-align: center; }
            code { font-size: 14px; background: var(--card); border: 1px solid var(--rule); border-radius: 5px; padding: 1px 6px; }
            .how p { color: var(--soft); max-width: 76ch; }
            @media (max-width: 560px) { .legend { grid-template-columns: 1fr; } }
            """;

    private HtmlStyle() {}
}
