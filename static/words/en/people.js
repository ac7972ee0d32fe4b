// Words for people and rooms: dialogs, details, members, order.

export const people = /** @type {const} */ ({
  'new.title': 'New conversation',
  'rooms.title': 'Public rooms',
  'details.label': 'Details',
});
