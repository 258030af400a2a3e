#include "CFieldsealPlatform.h"
