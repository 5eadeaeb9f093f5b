// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TLSMODE_HPP
#define TLSMODE_TLSMODE_HPP

#include <tlsmode/connection.hpp>
#include <tlsmode/context.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/identity.hpp>
#include <tlsmode/memory_transport.hpp>
#include <tlsmode/native_bio.hpp>
#include <tlsmode/peer_name.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/socket.hpp>
#include <tlsmode/trust.hpp>

#endif
