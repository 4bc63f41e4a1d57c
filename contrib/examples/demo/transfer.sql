\echo 'Programmes and services that were due for transfer on 1 June 2017:'
SELECT code, name, end_date, days_late, reasons FROM portfolio.transfer_candidates('2017-06-01');

\echo 'The Electronic Prescription Service begins its transfer; its team records what it has ...'
SELECT portfolio.start_process('service:EPS', 'transfer-to-service-operations') AS run \gset
