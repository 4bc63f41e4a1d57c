-- Smallest and largest value, by the end of a btree where there is one. The functions are those of the
-- bigint underneath, which cannot fail. Type dca has none: its order puts one scale behind the other, and
-- worst() knows them.

CREATE FUNCTION portfolio.nhs_number_smaller(portfolio.nhs_number, portfolio.nhs_number) RETURNS portfolio.nhs_number
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8smaller';
COMMENT ON FUNCTION portfolio.nhs_number_smaller(portfolio.nhs_number, portfolio.nhs_number) IS 'smaller of two';
CREATE AGGREGATE portfolio.min(portfolio.nhs_number) (
  SFUNC = portfolio.nhs_number_smaller, STYPE = portfolio.nhs_number, COMBINEFUNC = portfolio.nhs_number_smaller, SORTOP = OPERATOR(portfolio.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.min(portfolio.nhs_number) IS 'The smallest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.nhs_number_larger(portfolio.nhs_number, portfolio.nhs_number) RETURNS portfolio.nhs_number
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8larger';
COMMENT ON FUNCTION portfolio.nhs_number_larger(portfolio.nhs_number, portfolio.nhs_number) IS 'larger of two';
CREATE AGGREGATE portfolio.max(portfolio.nhs_number) (
  SFUNC = portfolio.nhs_number_larger, STYPE = portfolio.nhs_number, COMBINEFUNC = portfolio.nhs_number_larger, SORTOP = OPERATOR(portfolio.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.max(portfolio.nhs_number) IS 'The largest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.chi_number_smaller(portfolio.chi_number, portfolio.chi_number) RETURNS portfolio.chi_number
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8smaller';
COMMENT ON FUNCTION portfolio.chi_number_smaller(portfolio.chi_number, portfolio.chi_number) IS 'smaller of two';
CREATE AGGREGATE portfolio.min(portfolio.chi_number) (
  SFUNC = portfolio.chi_number_smaller, STYPE = portfolio.chi_number, COMBINEFUNC = portfolio.chi_number_smaller, SORTOP = OPERATOR(portfolio.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.min(portfolio.chi_number) IS 'The smallest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.chi_number_larger(portfolio.chi_number, portfolio.chi_number) RETURNS portfolio.chi_number
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8larger';
COMMENT ON FUNCTION portfolio.chi_number_larger(portfolio.chi_number, portfolio.chi_number) IS 'larger of two';
CREATE AGGREGATE portfolio.max(portfolio.chi_number) (
  SFUNC = portfolio.chi_number_larger, STYPE = portfolio.chi_number, COMBINEFUNC = portfolio.chi_number_larger, SORTOP = OPERATOR(portfolio.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.max(portfolio.chi_number) IS 'The largest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.sctid_smaller(portfolio.sctid, portfolio.sctid) RETURNS portfolio.sctid
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8smaller';
COMMENT ON FUNCTION portfolio.sctid_smaller(portfolio.sctid, portfolio.sctid) IS 'smaller of two';
CREATE AGGREGATE portfolio.min(portfolio.sctid) (
  SFUNC = portfolio.sctid_smaller, STYPE = portfolio.sctid, COMBINEFUNC = portfolio.sctid_smaller, SORTOP = OPERATOR(portfolio.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.min(portfolio.sctid) IS 'The smallest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.sctid_larger(portfolio.sctid, portfolio.sctid) RETURNS portfolio.sctid
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8larger';
COMMENT ON FUNCTION portfolio.sctid_larger(portfolio.sctid, portfolio.sctid) IS 'larger of two';
CREATE AGGREGATE portfolio.max(portfolio.sctid) (
  SFUNC = portfolio.sctid_larger, STYPE = portfolio.sctid, COMBINEFUNC = portfolio.sctid_larger, SORTOP = OPERATOR(portfolio.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.max(portfolio.sctid) IS 'The largest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.ods_code_smaller(portfolio.ods_code, portfolio.ods_code) RETURNS portfolio.ods_code
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8smaller';
COMMENT ON FUNCTION portfolio.ods_code_smaller(portfolio.ods_code, portfolio.ods_code) IS 'smaller of two';
CREATE AGGREGATE portfolio.min(portfolio.ods_code) (
  SFUNC = portfolio.ods_code_smaller, STYPE = portfolio.ods_code, COMBINEFUNC = portfolio.ods_code_smaller, SORTOP = OPERATOR(portfolio.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.min(portfolio.ods_code) IS 'The smallest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.ods_code_larger(portfolio.ods_code, portfolio.ods_code) RETURNS portfolio.ods_code
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8larger';
COMMENT ON FUNCTION portfolio.ods_code_larger(portfolio.ods_code, portfolio.ods_code) IS 'larger of two';
CREATE AGGREGATE portfolio.max(portfolio.ods_code) (
  SFUNC = portfolio.ods_code_larger, STYPE = portfolio.ods_code, COMBINEFUNC = portfolio.ods_code_larger, SORTOP = OPERATOR(portfolio.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.max(portfolio.ods_code) IS 'The largest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.postcode_smaller(portfolio.postcode, portfolio.postcode) RETURNS portfolio.postcode
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8smaller';
COMMENT ON FUNCTION portfolio.postcode_smaller(portfolio.postcode, portfolio.postcode) IS 'smaller of two';
CREATE AGGREGATE portfolio.min(portfolio.postcode) (
  SFUNC = portfolio.postcode_smaller, STYPE = portfolio.postcode, COMBINEFUNC = portfolio.postcode_smaller, SORTOP = OPERATOR(portfolio.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.min(portfolio.postcode) IS 'The smallest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.postcode_larger(portfolio.postcode, portfolio.postcode) RETURNS portfolio.postcode
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8larger';
COMMENT ON FUNCTION portfolio.postcode_larger(portfolio.postcode, portfolio.postcode) IS 'larger of two';
CREATE AGGREGATE portfolio.max(portfolio.postcode) (
  SFUNC = portfolio.postcode_larger, STYPE = portfolio.postcode, COMBINEFUNC = portfolio.postcode_larger, SORTOP = OPERATOR(portfolio.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.max(portfolio.postcode) IS 'The largest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.icd10_smaller(portfolio.icd10, portfolio.icd10) RETURNS portfolio.icd10
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8smaller';
COMMENT ON FUNCTION portfolio.icd10_smaller(portfolio.icd10, portfolio.icd10) IS 'smaller of two';
CREATE AGGREGATE portfolio.min(portfolio.icd10) (
  SFUNC = portfolio.icd10_smaller, STYPE = portfolio.icd10, COMBINEFUNC = portfolio.icd10_smaller, SORTOP = OPERATOR(portfolio.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.min(portfolio.icd10) IS 'The smallest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.icd10_larger(portfolio.icd10, portfolio.icd10) RETURNS portfolio.icd10
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8larger';
COMMENT ON FUNCTION portfolio.icd10_larger(portfolio.icd10, portfolio.icd10) IS 'larger of two';
CREATE AGGREGATE portfolio.max(portfolio.icd10) (
  SFUNC = portfolio.icd10_larger, STYPE = portfolio.icd10, COMBINEFUNC = portfolio.icd10_larger, SORTOP = OPERATOR(portfolio.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.max(portfolio.icd10) IS 'The largest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.opcs4_smaller(portfolio.opcs4, portfolio.opcs4) RETURNS portfolio.opcs4
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8smaller';
COMMENT ON FUNCTION portfolio.opcs4_smaller(portfolio.opcs4, portfolio.opcs4) IS 'smaller of two';
CREATE AGGREGATE portfolio.min(portfolio.opcs4) (
  SFUNC = portfolio.opcs4_smaller, STYPE = portfolio.opcs4, COMBINEFUNC = portfolio.opcs4_smaller, SORTOP = OPERATOR(portfolio.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.min(portfolio.opcs4) IS 'The smallest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.opcs4_larger(portfolio.opcs4, portfolio.opcs4) RETURNS portfolio.opcs4
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8larger';
COMMENT ON FUNCTION portfolio.opcs4_larger(portfolio.opcs4, portfolio.opcs4) IS 'larger of two';
CREATE AGGREGATE portfolio.max(portfolio.opcs4) (
  SFUNC = portfolio.opcs4_larger, STYPE = portfolio.opcs4, COMBINEFUNC = portfolio.opcs4_larger, SORTOP = OPERATOR(portfolio.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.max(portfolio.opcs4) IS 'The largest value in the order of the type; NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.cvss_smaller(portfolio.cvss, portfolio.cvss) RETURNS portfolio.cvss
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8smaller';
COMMENT ON FUNCTION portfolio.cvss_smaller(portfolio.cvss, portfolio.cvss) IS 'smaller of two';
CREATE AGGREGATE portfolio.min(portfolio.cvss) (
  SFUNC = portfolio.cvss_smaller, STYPE = portfolio.cvss, COMBINEFUNC = portfolio.cvss_smaller, SORTOP = OPERATOR(portfolio.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.min(portfolio.cvss) IS 'A vector of the lowest score; of those the first by version, then by vector. NULLs are left out, NULL for no values. Uses a btree index.';

CREATE FUNCTION portfolio.cvss_larger(portfolio.cvss, portfolio.cvss) RETURNS portfolio.cvss
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8larger';
COMMENT ON FUNCTION portfolio.cvss_larger(portfolio.cvss, portfolio.cvss) IS 'larger of two';
CREATE AGGREGATE portfolio.max(portfolio.cvss) (
  SFUNC = portfolio.cvss_larger, STYPE = portfolio.cvss, COMBINEFUNC = portfolio.cvss_larger, SORTOP = OPERATOR(portfolio.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.max(portfolio.cvss) IS 'A vector of the highest score; of those the last by version, then by vector. NULLs are left out, NULL for no values. Uses a btree index.';
