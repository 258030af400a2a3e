#include "CFieldsealPKCS11.h"

#include <dlfcn.h>
#include <stddef.h>

const char *fieldseal_pkcs11_load(const char *path, CK_FUNCTION_LIST **functions) {
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) return dlerror();
    CK_RV (*get)(CK_FUNCTION_LIST **) = (CK_RV(*)(CK_FUNCTION_LIST **))dlsym(module, "C_GetFunctionList");
    if (get == NULL) return "it has no C_GetFunctionList";
    *functions = NULL;
    if (get(functions) != 0 || *functions == NULL) return "it gives no list of functions";
    if ((*functions)->version.major < 2) return "its version of PKCS #11 is too old";
    return NULL;
}
