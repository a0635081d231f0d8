/* SPDX-License-Identifier: MIT */
/* The module joinmem._core. */
#include "core.h"

static int addType (PyObject* module, const char* name, PyObject* type, void (*keep) (PyObject*))
{
    if (type == NULL)
    {
        return -1;
    }
    if (keep != NULL)
    {
        keep (Py_NewRef (type));
    }
    const int result = PyModule_AddObjectRef (module, name, type);
    Py_DECREF (type);
    return result;
}

static int execute (PyObject* module)
{
    static int64_t interpreter = -1; /* the types and exceptions are those of one interpreter */
    const int64_t current = PyInterpreterState_GetID (PyInterpreterState_Get ());
    if (interpreter != -1 && interpreter != current)
    {
        PyErr_SetString (PyExc_ImportError, "joinmem works in one interpreter of a process");
        return -1;
    }
    interpreter = current;
    if (loadErrors () != 0
        || addType (module, "Memory", PyType_FromModuleAndSpec (module, &memorySpec, NULL), NULL) != 0
        || addType (module, "Mapping", PyType_FromModuleAndSpec (module, &mappingSpec, NULL), setMappingType) != 0
        || addType (module, "Queue", makeQueueType (module), setQueueType) != 0
        || addType (module, "Region", PyType_FromModuleAndSpec (module, &regionSpec, NULL), setRegionType) != 0
        || addType (module, "WaitSet", PyType_FromModuleAndSpec (module, &waitSetSpec, NULL), NULL) != 0)
    {
        return -1;
    }
    return PyModule_AddStringConstant (module, "version", jm_version_string ());
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "joinmem._core",
    .m_doc = "The objects of libjoinmem; the package joinmem describes them.",
    .m_methods = lookingMethods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__core (void)
{
    return PyModuleDef_Init (&definition);
}
