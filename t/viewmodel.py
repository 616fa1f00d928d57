"""viewmodel.py - a model of what is shown where, after mail has come and ms-remove
and ms-move have changed the view. ms-archive(5), View. Used by model-view.py and
model-as.py.
"""


class Model:
    def __init__(self):
        self.folders = []   # [user, own name, {change: name}]
        self.own = {}       # (user, name): folder that the source finds
        self.occ = {}       # (folder, message): {change: folder or None}
        self.marks, self.places = {}, set()
        self.undone, self.changes = set(), {}

    def last(self, rows, otherwise):
        count = [c for c in rows if c not in self.undone]
        return (max(count), rows[max(count)]) if count else (0, otherwise)

    def name(self, folder):
        user, own, rows = self.folders[folder]
        return user, self.last(rows, own)[1]

    def view(self):
        """(user, folder, message) of what is in view; the removed ones."""
        seen, gone = [], []
        for key, rows in self.occ.items():
            where = self.last(rows, key[0])[1]
            if key not in self.marks:
                if where is None:
                    gone.append(str(key[1]))
                else:
                    seen.append(self.name(where) + (str(key[1]),))
        return sorted(seen), sorted(gone)

    def find(self, user, name):
        for f in range(len(self.folders)):
            if self.name(f) == (user, name):
                return f
        self.folders.append([user, name, {}])
        self.own.setdefault((user, name), len(self.folders) - 1)
        return len(self.folders) - 1

    def deliver(self, user, name, message, place=None, came_from=None, restore=False, change=0):
        """Returns whether the message is left out."""
        if (user, name) not in self.own:
            self.own[user, name] = len(self.folders)
            self.folders.append([user, name, {}])
        key = (self.own[user, name], message)
        rows = self.occ.setdefault(key, {})
        if place is None or place not in self.places:
            self.places.add(place)
            self.marks.pop(key, None)
            left = came_from and (self.own[user, came_from], message)
            if left:
                self.marks.pop(key, None)
                self.marks[left] = key
                c, where = self.last(self.occ[left], 0)
                if c > self.last(rows, 0)[0]:
                    rows[c] = where
        if self.last(rows, 0)[1] is not None:
            return False
        if restore:
            earlier = {c: f for c, f in rows.items() if f is not None}
            rows[change] = self.last(earlier, key[0])[1]
            self.changes[change] = "ms-remove"
        return not restore

    def chosen(self, message):
        """Occurrences in view, and those that led to them."""
        now = [k for k, rows in self.occ.items() if k[1] == message and
               k not in self.marks and self.last(rows, 0)[1] is not None]
        users = {k: self.name(self.last(self.occ[k], k[0])[1])[0] for k in now}
        for _ in range(len(self.marks)):
            users.update({k: users[to] for k, to in self.marks.items()
                          if to in users and self.last(self.occ[k], 0)[1] is not None})
        return sorted(users.items())

    def change(self, chosen, change, to=None, user=None):
        for key, now in chosen:
            self.occ[key][change] = to and self.find(user or now, to)
        self.changes[change] = "ms-move" if to else "ms-remove"

    def rename(self, user, old, new, change):
        for f in range(len(self.folders)):
            has, name = self.name(f)
            if has == user and (name + "/").startswith(old + "/"):
                self.folders[f][2][change] = new + name[len(old):]
        self.changes[change] = "ms-move"
