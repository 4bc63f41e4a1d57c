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

#endif							/* PF_COMPAT_H */
