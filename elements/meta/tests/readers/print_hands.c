/* Writes everything that egometa.h reads from a buffer as text, floats as their bits: compared with what Rust attached. */
#include "egometa.h"

static void
add_floats (GString *text, const gfloat *values, gsize count)
{
  gsize i;
  for (i = 0; i < count; i++) {
    guint32 bits;
    memcpy (&bits, &values[i], sizeof bits);
    g_string_append_printf (text, " %08x", bits);
  }
}

gchar *
print_hands (GstBuffer *buffer)
{
  GString *text = g_string_new (NULL);
  EgoHands hands;
  EgoMetaStatus status;
  guint i;

  ego_meta_init ();
  status = ego_hands_read (buffer, &hands);
  if (status == EGO_META_UNKNOWN_LAYOUT)
    g_string_append_printf (text, "unknown layout %s\n", hands.table.layout);
  else if (status == EGO_META_DAMAGED)
    g_string_append (text, "damaged\n");
  else if (status == EGO_META_ABSENT)
    g_string_append (text, "absent\n");
  if (status != EGO_META_OK)
    return g_string_free (text, FALSE);

  g_string_append_printf (text, "%u %s %s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
      " %ux%u\n", hands.table.version, hands.table.source, hands.table.model, hands.table.frame, hands.table.pts,
      hands.table.age_ns, hands.table.infer_ns, hands.table.ref_width, hands.table.ref_height);
  g_string_append_printf (text, "%s %s %s %g %g %g %g\n", hands.depth_source, hands.scale_kind ? hands.scale_kind : "-",
      hands.intrinsics_source ? hands.intrinsics_source : "-", hands.fx, hands.fy, hands.cx, hands.cy);
  for (i = 0; i < hands.table.count; i++) {
    EgoHandRow row;
    if (!ego_hands_row (&hands, i, &row))
      break;
    g_string_append_printf (text, "%u %d", row.side, row.track);
    add_floats (text, &row.score, 1);
    add_floats (text, &row.presence, 1);
    add_floats (text, &row.xy[0][0], EGO_HAND_JOINTS * 2);
    add_floats (text, &row.xyz[0][0], EGO_HAND_JOINTS * 3);
    add_floats (text, row.conf, EGO_HAND_JOINTS);
    g_string_append_c (text, '\n');
  }
  {
    EgoHandRow row;
    if (ego_hands_row (&hands, hands.table.count, &row))
      g_string_append (text, "a row too many\n");
  }
  return g_string_free (text, FALSE);
}
