SELECT kind, count(*) AS elements, count(*) FILTER (WHERE owner IS NOT NULL) AS with_owner
  FROM portfolio.current_element GROUP BY kind ORDER BY elements DESC, kind;

SELECT r.kind AS relationship, count(*) AS count
  FROM portfolio.relationship r GROUP BY r.kind ORDER BY count(*) DESC, r.kind;

\echo 'Programmes by delivery confidence (published 30 September 2016):'
SELECT dca AS delivery_confidence, count(*) AS programmes, sum(whole_life_cost_gbp_m) AS whole_life_cost_gbp_m
  FROM portfolio.programme WHERE gmpp_id IS NOT NULL GROUP BY dca ORDER BY whole_life_cost_gbp_m DESC;

\echo 'What suffers if the Digital Delivery Centre fails:'
SELECT depth, kind, code, name FROM portfolio.impact_of('team:DDC') ORDER BY depth, kind, code LIMIT 12;
