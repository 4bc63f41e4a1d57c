/*
 * pf_compat.h
 *		What differs between PostgreSQL 13 and 18. The only file that knows PG_VERSION_NUM.
 *
 * A wrapper has the newest signature and the name of the thing it stands for, prefixed pf_ or
 * suffixed _compat, so that it can never clash with a name that core adds later.
 */
#ifndef PF_COMPAT_H
#define PF_COMPAT_H

#if PG_VERSION_NUM < 130000
#error "pg_portfolio needs PostgreSQL 13 or later to compile"
#endif

/* PG18 added a magic block that names the module (9324c8c5806) */
#if PG_VERSION_NUM >= 180000
#define PF_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "pg_portfolio", .version = PF_VERSION)
#else
#define PF_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* PG15 lets a library reserve its GUC prefix (88103567cb8) */
#if PG_VERSION_NUM >= 150000
#define pf_reserve_guc_prefix(p) MarkGUCPrefixReserved(p)
#else
#define pf_reserve_guc_prefix(p) EmitWarningsOnPlaceholders(p)
#endif

/* PG16 moved the varlena macros to a header of their own (d952373a987) */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* PG16 added soft errors for input functions (d9f7f5d32f2) */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#define PF_ESCONTEXT (fcinfo->context)
#define pf_ereturn(context, dummy, rest) ereturn(context, dummy, rest)
#else
#define PF_ESCONTEXT NULL
#define pf_ereturn(context, dummy, rest) \
	do { \
		(void) (context); \
		ereport(ERROR, rest); \
		return dummy; \
	} while (0)
#endif

/* PG15 gave set-returning functions one call that prepares the tuplestore (9e98583898c) */
#if PG_VERSION_NUM >= 160000
#define pf_init_materialized_srf(fcinfo) InitMaterializedSRF((fcinfo), 0)
#elif PG_VERSION_NUM >= 150000
#define pf_init_materialized_srf(fcinfo) SetSingleFuncCall((fcinfo), 0)
#else
extern void pf_init_materialized_srf(FunctionCallInfo fcinfo);
#endif

/* PG15 asks for shared memory in a hook of its own (4f2400cb3f1) */
#if PG_VERSION_NUM >= 150000
#define PF_HAS_SHMEM_REQUEST_HOOK 1
#endif

/* PG14 tells utility hooks whether they may scribble on the tree (7c337b6b527) */
#if PG_VERSION_NUM >= 140000
#define PF_UTILITY_PARAMS PlannedStmt *pstmt, const char *queryString, bool readOnlyTree, \
	ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *queryEnv, \
	DestReceiver *dest, QueryCompletion *qc
#define PF_UTILITY_ARGS pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc
#define pf_raw_parser(sql) raw_parser((sql), RAW_PARSE_DEFAULT)
#else
#define PF_UTILITY_PARAMS PlannedStmt *pstmt, const char *queryString, \
	ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *queryEnv, \
	DestReceiver *dest, QueryCompletion *qc
#define PF_UTILITY_ARGS pstmt, queryString, context, params, queryEnv, dest, qc
#define pf_raw_parser(sql) raw_parser(sql)
#endif

/* PG16 has one function for the privileges of all kinds of objects (c727f511bd7) */
#if PG_VERSION_NUM >= 160000
#define pf_database_aclcheck(db, role, mode) object_aclcheck(DatabaseRelationId, (db), (role), (mode))
#define pf_database_ownercheck(db, role) object_ownercheck(DatabaseRelationId, (db), (role))
#define pf_relation_ownercheck(relid, role) object_ownercheck(RelationRelationId, (relid), (role))
#else
#define pf_database_aclcheck(db, role, mode) pg_database_aclcheck((db), (role), (mode))
#define pf_database_ownercheck(db, role) pg_database_ownercheck((db), (role))
#define pf_relation_ownercheck(relid, role) pg_class_ownercheck((relid), (role))
#endif

/* PG17 gave a background worker a flag to log in as a role without LOGIN (492217301e9) */
#define pf_connect_worker(db, role) BackgroundWorkerInitializeConnectionByOid((db), (role), 0)

/* PG15 named the variant that takes fixed parameter types (791b1b71da3) */
#if PG_VERSION_NUM >= 150000
#define pf_analyze_and_rewrite(tree, sql) pg_analyze_and_rewrite_fixedparams((tree), (sql), NULL, 0, NULL)
#else
#define pf_analyze_and_rewrite(tree, sql) pg_analyze_and_rewrite((tree), (sql), NULL, 0, NULL)
#endif

/* PG15 no longer keeps the timeline in a variable (4a92a1c3d1c) */
#if PG_VERSION_NUM >= 150000
#define pf_timeline() ((int32) GetWALInsertionTimeLine())
#else
#define pf_timeline() ((int32) ThisTimeLineID)
#endif

/* PG18 runs a portal once, always (3eea7a0c97e) */
#if PG_VERSION_NUM >= 180000
#define pf_portal_run(portal, dest, qc) PortalRun((portal), FETCH_ALL, true, (dest), (dest), (qc))
#else
#define pf_portal_run(portal, dest, qc) PortalRun((portal), FETCH_ALL, true, true, (dest), (dest), (qc))
#endif

/* PG15 has repeating timeouts (9ce346eabf3); before it a timeout fires once */
#if PG_VERSION_NUM >= 150000
#define pf_enable_timeout_every(id, fin_time, delay_ms) enable_timeout_every((id), (fin_time), (delay_ms))
#else
#define pf_enable_timeout_every(id, fin_time, delay_ms) enable_timeout_at((id), (fin_time))
#endif

/* PG14 can parse a single expression by itself (c9d52984204) */
#if PG_VERSION_NUM >= 140000
#define PF_RAW_PARSE_SHIFT 0
#define pf_raw_parse_source(text) (text)
#define pf_raw_parse_expression(text) raw_parser(text, RAW_PARSE_PLPGSQL_EXPR)
#else
#define PF_RAW_PARSE_SHIFT 7
#define pf_raw_parse_source(text) psprintf("SELECT %s", text)
#define pf_raw_parse_expression(text) raw_parser(psprintf("SELECT %s", text))
#endif

/* PG14 candidates can include OUT arguments (e56bce5d43) */
#if PG_VERSION_NUM >= 140000
#define pf_funcname_candidates(name) FuncnameGetCandidates(name, -1, NIL, false, false, false, true)
#else
#define pf_funcname_candidates(name) FuncnameGetCandidates(name, -1, NIL, false, false, true)
#endif

/* PG14 asks which relations an expression reads with the planner's root at hand (55dc86eca70) */
#if PG_VERSION_NUM >= 140000
#define pf_is_pseudo_constant_for_index(root, expr, index) is_pseudo_constant_for_index((root), (expr), (index))
#else
#define pf_is_pseudo_constant_for_index(root, expr, index) is_pseudo_constant_for_index((expr), (index))
#endif

/* PG16 gave these two an error context (858e776c84f) */
#if PG_VERSION_NUM >= 160000
#define pf_parse_type(name, type, typmod) ((void) parseTypeString(name, type, typmod, NULL))
#define pf_qualified_name_list(name) stringToQualifiedNameList(name, NULL)
#else
#define pf_parse_type(name, type, typmod) parseTypeString(name, type, typmod, false)
#define pf_qualified_name_list(name) stringToQualifiedNameList(name)
#endif

/* PG17 allows subtransactions while a parallel plan runs (0075d78947e) */
#if PG_VERSION_NUM >= 170000
#define PF_SUBTRANSACTION_IN_PARALLEL true
#else
#define PF_SUBTRANSACTION_IN_PARALLEL false
#endif

/* PG18 spells it as a prefix */
#if PG_VERSION_NUM >= 180000
#define pf_noreturn pg_noreturn
#else
#define pf_noreturn pg_attribute_noreturn()
#endif

/* PG14 named the constants of predefined roles after the roles (c9c41c7a337) */
#if PG_VERSION_NUM >= 140000
#define PF_ROLE_READ_ALL_STATS ROLE_PG_READ_ALL_STATS
#else
#define PF_ROLE_READ_ALL_STATS DEFAULT_ROLE_READ_ALL_STATS
#endif

/* PG14 returns how many digits it wrote */
#if PG_VERSION_NUM >= 140000
#define pf_lltoa_length(value, buf) pg_lltoa((value), (buf))
#else
#define pf_lltoa_length(value, buf) (pg_lltoa((value), (buf)), (int) strlen(buf))
#endif

/* PG18 asks whether a deferrable primary key will do (b23160889c5) */
#if PG_VERSION_NUM >= 180000
#define pf_primary_key_index(rel) RelationGetPrimaryKeyIndex((rel), false)
#else
#define pf_primary_key_index(rel) RelationGetPrimaryKeyIndex(rel)
#endif

/* PG15 shows its tokens and lines of pg_hba.conf to others (c0c6ba8bd3a); PG16 lets files include files and names be patterns */
#if PG_VERSION_NUM >= 150000
#define PF_HAS_AUTH_TOKENS 1
#endif
#if PG_VERSION_NUM >= 160000
#define PF_AUTH_FILES_NEST 1
#endif

/* PG17 lets resource owners free event sets (50c67c2019a) */
#if PG_VERSION_NUM >= 170000
#define pf_create_wait_event_set(n) CreateWaitEventSet(CurrentResourceOwner, (n))
#else
#define pf_create_wait_event_set(n) CreateWaitEventSet(CurrentMemoryContext, (n))
#endif

/* PG14 hands the rows of a saved plan to a receiver (844fe9f159a) */
#if PG_VERSION_NUM >= 140000
#define PF_SPI_TAKES_RECEIVER 1
#endif
struct _SPI_plan;
struct _DestReceiver;
struct TupleTableSlot;
typedef bool (*pf_receive_slot) (struct TupleTableSlot *slot, struct _DestReceiver *dest);
extern int	pf_spi_execute_into(struct _SPI_plan *plan, struct _DestReceiver *dest, pf_receive_slot receive);

/* PG14 let these fail, PG15 says why, PG16 asks for hash and length of keys, PG18 takes salts as uint8 */
#if PG_VERSION_NUM >= 160000
#define pf_scram_salted_password(password, salt, length, iterations, result, why) \
	(scram_SaltedPassword((password), PG_SHA256, PG_SHA256_DIGEST_LENGTH, (const void *) (salt), (length), (iterations), (result), (why)) == 0)
#define pf_scram_server_key(salted, result, why) \
	(scram_ServerKey((salted), PG_SHA256, PG_SHA256_DIGEST_LENGTH, (result), (why)) == 0)
#elif PG_VERSION_NUM >= 150000
#define pf_scram_salted_password(password, salt, length, iterations, result, why) \
	(scram_SaltedPassword((password), (salt), (length), (iterations), (result), (why)) == 0)
#define pf_scram_server_key(salted, result, why) (scram_ServerKey((salted), (result), (why)) == 0)
#elif PG_VERSION_NUM >= 140000
#define pf_scram_salted_password(password, salt, length, iterations, result, why) \
	(*(why) = NULL, scram_SaltedPassword((password), (salt), (length), (iterations), (result)) == 0)
#define pf_scram_server_key(salted, result, why) (*(why) = NULL, scram_ServerKey((salted), (result)) == 0)
#else
#define pf_scram_salted_password(password, salt, length, iterations, result, why) \
	(*(why) = NULL, scram_SaltedPassword((password), (salt), (length), (iterations), (result)), true)
#define pf_scram_server_key(salted, result, why) (*(why) = NULL, scram_ServerKey((salted), (result)), true)
#endif
#if PG_VERSION_NUM >= 150000
#define pf_md5_encrypt(password, salt, length, result, why) \
	pg_md5_encrypt((password), (const void *) (salt), (length), (result), (why))
#else
#define pf_md5_encrypt(password, salt, length, result, why) \
	(*(why) = NULL, pg_md5_encrypt((password), (salt), (length), (result)))
#endif

/* A hint to the processor, where the compiler knows one */
#if defined(__GNUC__) || defined(__clang__)
#define pf_prefetch(address) __builtin_prefetch(address)
#else
#define pf_prefetch(address) ((void) (address))
#endif

#endif							/* PF_COMPAT_H */
