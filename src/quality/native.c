/*
 * native.c
 *		The common shapes of rules without PostgreSQL's evaluator.
 */
#include "engine.h"

struct PfNative
{
	PfVerdict	always;
};

PfNative *
pf_native_compile(Expr *expr, Oid column_type)
{
	PfNative   *native;

	if (!IsA(expr, NullTest) || !IsA(((NullTest *) expr)->arg, Var) || ((NullTest *) expr)->argisrow)
		return NULL;
	native = palloc(sizeof(PfNative));
	native->always = ((NullTest *) expr)->nulltesttype == IS_NOT_NULL ? PF_TRUE : PF_FALSE;
	return native;
}

PfVerdict
pf_native_ask(const PfNative *native, Datum value)
{
	return native->always;
}
