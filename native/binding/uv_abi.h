// The part of libuv's ABI that the binding uses, declared by hand: Node-API's own headers come without uv.h,
// and the functions below are exported by every node binary. Sizes are asked for at run time
// (uv_handle_size), so one build fits every libuv 1.x; the enumerators are fixed by libuv's ABI promise.
#pragma once

#include <stddef.h>
#include <stdint.h>

extern "C" {

struct uv_loop_s;
struct uv_handle_s;
using uv_loop_t = uv_loop_s;
using uv_handle_t = uv_handle_s;

enum uv_handle_type { UV_CHECK = 2, UV_POLL = 8, UV_TIMER = 13 };
enum uv_poll_event { UV_READABLE = 1 };

using uv_close_cb = void (*)(uv_handle_t*);
using uv_poll_cb = void (*)(uv_handle_t*, int status, int events);
using uv_check_cb = void (*)(uv_handle_t*);
using uv_timer_cb = void (*)(uv_handle_t*);

size_t uv_handle_size(uv_handle_type type);
void uv_handle_set_data(uv_handle_t* handle, void* data);
void* uv_handle_get_data(const uv_handle_t* handle);
void uv_close(uv_handle_t* handle, uv_close_cb done);
void uv_ref(uv_handle_t* handle);
void uv_unref(uv_handle_t* handle);
int uv_backend_fd(const uv_loop_t* loop);

int uv_poll_init(uv_loop_t* loop, uv_handle_t* handle, int fd);
int uv_poll_start(uv_handle_t* handle, int events, uv_poll_cb callback);
int uv_check_init(uv_loop_t* loop, uv_handle_t* handle);
int uv_check_start(uv_handle_t* handle, uv_check_cb callback);
int uv_check_stop(uv_handle_t* handle);
int uv_timer_init(uv_loop_t* loop, uv_handle_t* handle);
int uv_timer_start(uv_handle_t* handle, uv_timer_cb callback, uint64_t timeout_ms, uint64_t repeat_ms);
int uv_timer_stop(uv_handle_t* handle);

}  // extern "C"
