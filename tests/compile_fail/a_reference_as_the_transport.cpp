// SPDX-License-Identifier: MIT
// expect-gcc: // FIX: a connection owns its transport: make one that is moved, and refers to yours
// expect-clang: // FIX: a connection owns its transport: make one that is moved, and refers to yours
#include <tlsmode/tlsmode.hpp>

#ifdef CONTROL
using Transport = tlsmode::MemoryTransport;
#else
using Transport = tlsmode::MemoryTransport&;
#endif

using Test = tlsmode::Connection<tlsmode::Server, Transport>;
