// What malloc does with the memory of bodies that have been let go of.
#pragma once

namespace uwsgi_node {

// From now on malloc keeps up to 48 MiB at the end of each of its heaps for the next allocations, and takes
// pieces of up to 4 MiB from there. Does nothing where the environment already tells malloc what to do. Cheap
// to call again.
void keep_freed_memory();

}  // namespace uwsgi_node
